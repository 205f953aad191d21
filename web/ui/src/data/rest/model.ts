/** The documents of /api/v1, as the server writes them: times in epoch milliseconds, other units in the names. */

export interface Plant {
  readonly site: string;
  readonly time_zone: string;
  readonly units: string;
  readonly version: string;
  readonly build: string;
  readonly server_time_ms: number;
}

export type ConnectorState =
  | "stopped"
  | "connecting"
  | "live"
  | "degraded"
  | "backing_off"
  | "refused"
  | "held"
  | "ended";
export type StageState = "starting" | "working" | "failing" | "stopped";

export interface SourceTrouble {
  readonly source: string;
  readonly signal_path: string;
  readonly reason: string;
  readonly since_ms: number;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly kind: string;
  readonly target: string;
  readonly state: ConnectorState;
  readonly since_ms: number;
  readonly last_error: string;
  readonly last_error_ms: number | null;
  readonly next_try_ms: number | null;
  readonly attempts: number;
  readonly samples: number;
  readonly samples_per_s: number;
  readonly batches: number;
  readonly dead_letters: number;
  readonly losses: number;
  readonly lag_s: number | null;
  readonly silent_s: number | null;
  readonly signals: number;
  readonly stale_signals: number;
  readonly figures: {
    readonly queue_depth: number;
    readonly queue_limit: number;
    readonly drops: number;
    readonly unknown: number;
    readonly extra: Readonly<Record<string, number>>;
  };
  readonly troubles: readonly SourceTrouble[];
  /** Who switched it off and why; empty while it is on. */
  readonly off: string;
}

/** What somebody decided about an entry, and why. */
export interface Remark {
  readonly mark: "dismissed" | "retrying" | "retried" | "noted" | "ignored";
  readonly reason: string;
  readonly by: string;
  readonly time_ms: number;
}

export interface StageStatus {
  readonly name: string;
  readonly kind: string;
  readonly state: StageState;
  readonly since_ms: number;
  readonly last_error: string;
  readonly behind_rows: number;
  readonly behind_s: number;
  readonly rows: number;
  readonly rows_per_s: number;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Health {
  readonly time_ms: number;
  readonly ready: boolean;
  readonly problems: readonly string[];
  readonly connectors: readonly ConnectorStatus[];
  readonly stages: readonly StageStatus[];
  readonly event_loop_lag_s: number;
  readonly memory_bytes: number;
}

export interface UnknownSource {
  readonly source: string;
  readonly count: number;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly sample: string;
  readonly remark: Remark | null;
}

export interface DeadLetter {
  readonly id: number;
  readonly time_ms: number;
  readonly connector: string;
  readonly source: string;
  readonly reason: string;
  /** The kept bytes in base64, and as text with what cannot be printed escaped. */
  readonly payload: string;
  readonly excerpt: string;
  readonly payload_size: number;
  readonly remark: Remark | null;
}

export type GapState = "open" | "republished" | "backfilled" | "lost";

export interface GapSpan {
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly state: GapState;
  readonly cause: string;
}

export interface Gap extends GapSpan {
  readonly id: number;
  readonly signal: string;
  readonly remark: Remark | null;
}

/** One signal's history in buckets; numbers are null where a bucket held no usable row. */
export interface Buckets {
  readonly signal: string;
  readonly width_ms: number;
  readonly start_ms: readonly number[];
  readonly first: readonly (number | null)[];
  readonly last: readonly (number | null)[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly count: readonly number[];
  readonly worst: readonly number[];
  readonly gaps: readonly GapSpan[];
  /** What held when the range began, of a signal that is sent when it changes; the page asks for it by itself. */
  readonly held?: number | null;
}

/** Raw rows by source time; `signal` is the place in `signals`. */
export interface Rows {
  readonly truncated: boolean;
  readonly signals: readonly string[];
  readonly signal: readonly number[];
  readonly source_ms: readonly number[];
  readonly value: readonly (number | null)[];
  readonly quality: readonly number[];
}

export type ExportFormat = "csv" | "parquet";

export interface ExportJob {
  readonly id: string;
  readonly state: "waiting" | "running" | "done" | "failed";
  readonly format: ExportFormat;
  readonly rows_done: number;
  readonly rows_total: number | null;
  readonly file_bytes: number | null;
  readonly error: string;
}

export type Severity = "P1" | "P2" | "P3" | "P4";
/** The life cycle in its order; rejected, duplicate and reopened are its side exits. */
export const ISSUE_STATES = [
  "open",
  "triage",
  "contained",
  "root_cause",
  "action_planned",
  "implemented",
  "verifying",
  "closed",
  "rejected",
  "duplicate",
  "reopened",
] as const;
export type IssueState = (typeof ISSUE_STATES)[number];
export type IssueType = "quality" | "throughput" | "maintenance" | "safety" | "data";

export interface EvidenceSeries {
  readonly path: string;
  readonly unit: string;
  readonly time_ms: readonly number[];
  readonly value: readonly (number | null)[];
  readonly quality: readonly number[];
}

export interface IssueEvent {
  readonly seq: number;
  readonly issue: number;
  readonly time_ms: number;
  readonly action: string;
  readonly by: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Issue {
  readonly number: number;
  readonly state: IssueState;
  readonly title: string;
  readonly severity: Severity;
  readonly type: IssueType;
  readonly cause: string;
  readonly rule: string;
  readonly rule_version: string;
  readonly asset: string;
  readonly signal: string;
  readonly onset_ms: number;
  readonly opened_ms: number;
  readonly active: boolean;
  readonly cleared_ms: number | null;
  readonly closed_ms: number | null;
  readonly occurrences: number;
  readonly value: number | null;
  readonly limits: Readonly<Record<string, number>>;
  readonly explanation: string;
  readonly evidence: readonly EvidenceSeries[];
  readonly revision: number;
  readonly children: readonly IssueChild[];
  readonly stage_ms: number;
  readonly acknowledged_ms: number | null;
  readonly team: string;
  readonly owner: string;
  readonly recurrence: string;
  readonly repeat: number;
  readonly previous: number | null;
  readonly duplicate_of: number | null;
  readonly version: number;
  readonly verified: boolean;
}

/** A deviation along the line that the issue's own brought with it. */
export interface IssueChild {
  readonly cause: string;
  readonly rule: string;
  readonly rule_version: string;
  readonly asset: string;
  readonly signal: string;
  readonly severity: Severity;
  readonly type: IssueType;
  readonly title: string;
  readonly explanation: string;
  readonly onset_ms: number;
  readonly value: number | null;
  readonly relation: string;
  readonly consequence: string;
  readonly active: boolean;
  readonly cleared_ms: number | null;
}

export interface RuleStatus {
  readonly id: string;
  readonly type: string;
  readonly version: string;
  readonly title: string;
  readonly severity: Severity;
  readonly issue_type: IssueType;
  readonly signals: readonly string[];
  readonly active: number;
  readonly enabled: boolean;
  readonly error: string;
  readonly settings: Readonly<Record<string, unknown>>;
}
