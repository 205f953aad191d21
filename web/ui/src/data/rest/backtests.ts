/** Rules, their versions, and what they would have done over history. */

import type { RuleStatus } from "./model.ts";
import { get, post, remove } from "./request.ts";

export type Setting = string | number | boolean | null;
export type Changes = Readonly<Record<string, Setting>>;
export type BacktestState = "waiting" | "running" | "done" | "failed" | "cancelled";
export type Sweep = "none" | "parameter" | "nuisance";

export interface Outcome {
  readonly changes: Changes;
  readonly alarms: number;
  readonly alarms_per_day: number;
  readonly real_issues: number;
  readonly hits: number;
  readonly misses: number;
  readonly false_alarms: number;
  readonly false_alarms_per_day: number;
  readonly median_lead_s: number | null;
  readonly truncated: boolean;
}

export interface TriedAlarm {
  readonly signal: string;
  readonly side: string;
  readonly onset_ms: number;
  readonly raised_ms: number;
  readonly cleared_ms: number | null;
  readonly value: number | null;
  readonly issue: number | null;
  readonly lead_s: number | null;
}

export interface Period {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly alarms: number;
}

export interface Report {
  readonly version: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly rows: number;
  readonly signals: number;
  readonly outcome: Outcome;
  readonly alarms: readonly TriedAlarm[];
  readonly missed_issues: readonly number[];
  readonly per_shift: readonly Period[];
  readonly per_day: readonly Period[];
  readonly curve: readonly Outcome[];
  readonly suggestion: Outcome | null;
}

export interface Backtest {
  readonly id: string;
  readonly state: BacktestState;
  readonly rule: string;
  readonly changes: Changes;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly sweep: Sweep;
  readonly parameter: string;
  readonly values: readonly number[];
  readonly by: string;
  readonly created_ms: number;
  readonly rows_done: number;
  readonly rows_total: number | null;
  readonly error: string;
  readonly report: Report | null;
}

export interface Asked {
  readonly rule: string;
  readonly changes: Changes;
  readonly fromMs: number;
  readonly toMs: number;
  readonly sweep: Sweep;
  readonly parameter: string;
  readonly values: readonly number[];
}

interface Items<T> {
  readonly items: readonly T[];
}

export const startBacktest = (asked: Asked): Promise<Backtest> =>
  post("/backtests", {
    rule: asked.rule,
    changes: asked.changes,
    from: asked.fromMs,
    to: asked.toMs,
    sweep: asked.sweep,
    parameter: asked.parameter,
    values: asked.values,
  });

export const backtest = (id: string): Promise<Backtest> => get(`/backtests/${encodeURIComponent(id)}`);
export const backtests = async (): Promise<readonly Backtest[]> => (await get<Items<Backtest>>("/backtests")).items;
export const cancelBacktest = (id: string): Promise<void> => remove(`/backtests/${encodeURIComponent(id)}`);

export interface RuleVersion {
  readonly rule: string;
  readonly revision: number;
  readonly version: string;
  readonly settings: Readonly<Record<string, unknown>> | null;
  readonly by: string;
  readonly reason: string;
  readonly time_ms: number;
}

export interface RuleOverview extends RuleStatus {
  readonly newest: RuleVersion | null;
  readonly raised_last_day: number;
}

export const ruleOverview = async (): Promise<readonly RuleOverview[]> =>
  (await get<Items<RuleOverview>>("/rule-overview")).items;

export const ruleVersions = async (rule: string): Promise<readonly RuleVersion[]> =>
  (await get<Items<RuleVersion>>(`/rules/${encodeURIComponent(rule)}/versions`)).items;
