/** Corrective action: an issue's form, gates, actions, files and proof; what issues teach; what waits for oneself. */

import type { Issue, IssueState, Severity } from "./model.ts";
import { get, patch, post, remove, upload } from "./request.ts";

export type FieldValue = string | number | readonly string[] | Readonly<Record<string, readonly string[]>>;
export type ActionKind = "containment" | "corrective" | "preventive";
export type Template = "no_recurrence" | "capability" | "loss" | "defects";
export type ProofState = "chosen" | "watching" | "met" | "failed" | "withdrawn";

export interface Step {
  readonly text: string;
  readonly done: boolean;
}

export interface CaseAction {
  readonly issue: number;
  readonly id: number;
  readonly kind: ActionKind;
  readonly title: string;
  readonly owner: string;
  readonly due_ms: number;
  readonly checklist: readonly Step[];
  readonly done_ms: number | null;
  readonly done_by: string;
  readonly created_ms: number;
  readonly created_by: string;
  readonly version: number;
}

export interface CaseFile {
  readonly id: number;
  readonly name: string;
  readonly media: string;
  readonly size: number;
  readonly sha256: string;
  readonly added_by: string;
  readonly added_ms: number;
}

export interface Proof {
  readonly round: number;
  readonly template: Template;
  readonly settings: Readonly<Record<string, number | null>>;
  readonly state: ProofState;
  readonly chosen_by: string;
  readonly chosen_ms: number;
  readonly started_ms: number | null;
  readonly ended_ms: number | null;
  readonly progress: Readonly<Record<string, unknown>>;
}

export interface Missing {
  readonly what: string;
  readonly text: string;
}

export interface Move {
  readonly action: string;
  readonly to: IssueState;
  readonly missing: readonly Missing[];
}

export interface SimilarMachine {
  readonly asset: string;
  readonly signal: string;
  readonly seen: number;
  readonly issues: readonly number[];
  readonly finding: string;
  readonly checked_by: string;
  readonly checked_ms: number | null;
}

export interface Change {
  readonly time_ms: number;
  readonly kind: string;
  readonly by: string;
  readonly text: string;
}

export interface MachineState {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly state: string;
  readonly mode: string;
  readonly booked: string;
}

/** A work order of the machine as it stood when the issue opened. */
export interface DoneWork {
  readonly number: number;
  readonly title: string;
  readonly kind: string;
  readonly state: string;
  readonly time_ms: number;
  readonly by: string;
  readonly parts: readonly string[];
}

export interface CaseContext {
  readonly product?: string;
  readonly order?: string;
  readonly operator?: string;
  readonly tool?: string;
  readonly recipe?: string;
  readonly shift?: string;
  readonly on_duty?: Readonly<Record<string, readonly string[]>>;
  readonly maintenance?: readonly DoneWork[];
  readonly states?: readonly MachineState[];
  readonly changes?: readonly Change[];
  readonly missing?: readonly string[];
}

export interface Case {
  readonly issue: Issue;
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly moves: readonly Move[];
  readonly actions: readonly CaseAction[];
  readonly attachments: readonly CaseFile[];
  readonly verifications: readonly Proof[];
  readonly similar: readonly SimilarMachine[];
  readonly repeats: readonly number[];
  readonly context: CaseContext | null;
}

export interface MyWork {
  readonly name: string;
  readonly issues: readonly Issue[];
  readonly actions: readonly { readonly action: CaseAction; readonly title: string; readonly severity: Severity }[];
  readonly mentions: readonly { readonly issue: number; readonly time_ms: number; readonly by: string; readonly text: string }[];
}

export interface Bar {
  readonly name: string;
  readonly issues: number;
  readonly hours: number;
  readonly pieces: number | null;
  readonly cost: number | null;
  readonly numbers: readonly number[];
}

export interface Learning {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly by: string;
  readonly bars: readonly Bar[];
  readonly trend: readonly {
    readonly start_ms: number;
    readonly opened: number;
    readonly closed: number;
    readonly mtta_s: number | null;
    readonly mttr_s: number | null;
  }[];
  readonly backlog: readonly {
    readonly recurrence: string;
    readonly title: string;
    readonly asset: string;
    readonly issues: readonly number[];
    readonly hours: number;
    readonly cost: number | null;
    readonly per_week_before: number;
    readonly effect: Readonly<Record<string, unknown>> | null;
    readonly state: "open" | "in_work" | "proven";
  }[];
  readonly currency: string;
  readonly remarks: readonly string[];
}

export interface Hint {
  readonly practice: string;
  readonly title: string;
  readonly trigger: string;
  readonly evidence: readonly string[];
  readonly link: string;
  readonly assets: readonly string[];
}

const at = (number: number, rest: string): string => `/issues/${String(number)}/${rest}`;

export const fetchCase = (number: number): Promise<Case> => get(at(number, "case"));

export const edit = (number: number, version: number, fields: Readonly<Record<string, FieldValue | null>>): Promise<void> =>
  patch(at(number, "case"), { version, fields });

export const move = (
  number: number,
  action: string,
  version: number,
  reason: string,
  duplicateOf: number | null = null,
): Promise<Case> => post(at(number, "moves"), { action, version, reason, ...(duplicateOf === null ? {} : { duplicate_of: duplicateOf }) });

export const closeProven = (number: number, version: number, reason: string): Promise<Case> =>
  post(at(number, "close"), { version, reason });

export const computeSuspect = (number: number, version: number): Promise<Case> => post(at(number, "suspect"), { version });

export const addAction = (
  number: number,
  action: { kind: ActionKind; title: string; owner: string; due_ms: number; checklist: readonly Step[] },
): Promise<Case> => post(at(number, "actions"), action);

export const changeAction = (number: number, action: CaseAction, changes: object): Promise<void> =>
  patch(at(number, `actions/${String(action.id)}`), { version: action.version, ...changes });

export const attach = (number: number, file: File): Promise<Case> =>
  upload(at(number, "attachments"), { name: file.name }, file);

export const detach = (number: number, id: number): Promise<void> => remove(at(number, `attachments/${String(id)}`));

export const fileUrl = (number: number, id: number): string => `/api/v1${at(number, `attachments/${String(id)}`)}`;
export const reportUrl = (number: number, kind: "pdf" | "json"): string => `/api/v1${at(number, `report.${kind}`)}`;

export const baseline = async (number: number, template: Template): Promise<Readonly<Record<string, number | null>>> =>
  (await get<{ settings: Readonly<Record<string, number | null>> }>(at(number, "proof/baseline"), { template })).settings;

export const chooseProof = (
  number: number,
  template: Template,
  settings: Readonly<Record<string, number | null>>,
): Promise<Case> => post(at(number, "proof"), { template, settings });

export const proposeSimilar = (number: number): Promise<Case> => post(at(number, "similar"), {});

export const checkSimilar = (number: number, asset: string, finding: string): Promise<Case> =>
  post(at(number, "similar/check"), { asset, finding });

export const myWork = (): Promise<MyWork> => get("/my-work");

export const learning = (fromMs: number, toMs: number, by: string): Promise<Learning> =>
  get("/learning", { from: Math.floor(fromMs), to: Math.ceil(toMs), by });

export const practices = async (): Promise<readonly Hint[]> => (await get<{ items: readonly Hint[] }>("/practices")).items;
