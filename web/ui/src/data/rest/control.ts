/** Commands to machines: what there is, select, operate once, approvals, locks. */

import { get, post } from "./request.ts";

export type Value = boolean | number | string;
export type Values = Readonly<Record<string, Value>>;

export type OperationState =
  | "proposed"
  | "approved"
  | "selected"
  | "sending"
  | "ok"
  | "failed"
  | "unknown"
  | "declined"
  | "expired"
  | "cancelled";

export interface Operation {
  readonly id: string;
  readonly command: string;
  readonly title: string;
  readonly machine: string;
  readonly state: OperationState;
  readonly values: Values;
  readonly present: Values;
  readonly reason: string;
  readonly by: string;
  readonly by_kind: string;
  readonly approved_by: string;
  readonly explanation: string;
  readonly created_ms: number;
  readonly changed_ms: number;
  readonly sent_ms: number | null;
  readonly expires_ms: number | null;
}

export interface Parameter {
  readonly signal: string;
  readonly shown: string;
  readonly unit: string;
  readonly data_type: string;
  readonly decimals: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly max_step: number | null;
  readonly reason_above: number | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly present: { readonly value: Value | null; readonly age_s: number | null; readonly problem: string };
}

export interface Command {
  readonly name: string;
  readonly title: string;
  readonly kind: "setpoint" | "recipe" | "command" | "method";
  readonly machine: string;
  readonly parameters: readonly Parameter[];
  readonly choices: Readonly<Record<string, string>>;
  readonly recipes: Readonly<Record<string, Values>>;
  readonly interlocks: readonly { readonly name: string; readonly when: string; readonly problem: string }[];
  readonly roles: readonly string[];
  readonly approval: "none" | "second_person";
  readonly rate_per_min: number;
  readonly expires_s: number;
  readonly why_not: readonly string[];
  readonly last: Operation | null;
}

export interface Lock {
  readonly machine: string;
  readonly by: string;
  readonly why: string;
  readonly since_ms: number;
}

export interface Control {
  readonly off: string;
  readonly trouble: string;
  readonly locks: readonly Lock[];
  readonly items: readonly Command[];
}

export interface Selection {
  readonly operation: Operation;
  readonly nonce: string;
}

/** The machine has up to two minutes to show the effect; a page that waited longer would know no more. */
const OPERATE_MS = 150_000;

export const control = (machine: string): Promise<Control> => get("/control", { machine });

export const operations = async (machine: string, states: readonly OperationState[], limit: number): Promise<readonly Operation[]> =>
  (await get<{ items: readonly Operation[] }>("/control/operations", { machine, state: states, limit })).items;

export const select = (command: string, values: Values, reason: string, proposal: string): Promise<Selection> =>
  post(`/control/commands/${encodeURIComponent(command)}/select`, { values, reason, proposal });

export const propose = (command: string, values: Values, reason: string): Promise<Operation> =>
  post(`/control/commands/${encodeURIComponent(command)}/propose`, { values, reason });

const at = (id: string): string => `/control/operations/${encodeURIComponent(id)}`;

/** Sent once; where no answer comes, nobody knows whether it arrived, and it is not sent again. */
export const operate = (selection: Selection): Promise<Operation> =>
  post(
    `${at(selection.operation.id)}/operate`,
    { nonce: selection.nonce, expected: selection.operation.present },
    OPERATE_MS,
  );

export const cancel = (id: string): Promise<Operation> => post(`${at(id)}/cancel`, {});

export const approve = (id: string): Promise<Operation> => post(`${at(id)}/approve`, {});

export const decline = (id: string, why: string): Promise<Operation> => post(`${at(id)}/decline`, { why });

const where = (machine: string): string => (machine === "" ? "" : `?machine=${encodeURIComponent(machine)}`);

export const lock = (machine: string, why: string): Promise<Lock> => post(`/control/lock${where(machine)}`, { why });

export const release = (machine: string, why: string): Promise<void> =>
  post(`/control/release${where(machine)}`, { why });
