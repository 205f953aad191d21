/** Stations and their jobs: what runs, what comes next, stops, calls. Planned times in UTC minutes, others in milliseconds. */

import { get, post, put, remove } from "./request.ts";

const part = encodeURIComponent;

export type Act = "dispatch" | "recall" | "start" | "pause" | "resume" | "count" | "finish" | "abort" | "settle" | "accept";
export type CallKind = "help" | "material" | "maintenance" | "quality";

export interface Check {
  readonly aspect: string;
  readonly problem: string;
}

export interface JobRun {
  readonly job: string;
  readonly order: string;
  readonly op: string;
  readonly product: string;
  readonly machine: string;
  readonly qty: number;
  readonly state: string;
  readonly way: "person" | "job control";
  readonly good: number;
  readonly reject: number;
  readonly started_ms: number | null;
  readonly ended_ms: number | null;
  readonly accepted_by: string;
  readonly doubt: string;
  readonly note: string;
  readonly tool: string;
  readonly people: readonly string[];
  readonly lots: readonly string[];
  readonly version: number;
}

export interface StationJob {
  readonly planned: { readonly start_at_min: number; readonly end_at_min: number };
  readonly run: JobRun;
  readonly due_at_min: number;
  readonly checks: readonly Check[];
  readonly operation: {
    readonly crew: { readonly skill: string; readonly level: number; readonly heads: number } | null;
    readonly tool_class: string;
    readonly checklist: string;
    readonly wait_min: number;
    readonly transfer_lot: number | null;
    readonly handover: { readonly what: string; readonly accepted_by: string } | null;
  };
  readonly expected: number | null;
  readonly left_s: number | null;
  readonly counted: boolean;
  readonly commands: readonly Act[];
}

export interface Stop {
  readonly id: string;
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly state: string;
  readonly code: string;
  readonly note: string;
  readonly by: string;
}

export interface Call {
  readonly kind: CallKind;
  readonly issue: number;
  readonly note: string;
  readonly raised_ms: number;
  readonly taken: boolean;
}

export interface Station {
  readonly machine: string;
  readonly work_centre: string;
  readonly path: string;
  readonly current: StationJob | null;
  readonly next: readonly StationJob[];
  readonly stop: Stop | null;
  readonly stops: readonly Stop[];
  readonly calls: readonly Call[];
  readonly hold: { readonly why: string; readonly by: string; readonly since_ms: number } | null;
  readonly unbooked: number;
}

export interface StopReason {
  readonly code: string;
  readonly words: string;
}

interface Command {
  readonly act: Act;
  readonly version: number;
  readonly good?: number;
  readonly reject?: number;
  readonly reason?: string;
  readonly code?: string;
  readonly state?: string;
}

export const stations = async (): Promise<readonly Station[]> => (await get<{ items: readonly Station[] }>("/stations")).items;
export const station = (machine: string): Promise<Station> => get(`/stations/${part(machine)}`);
export const commandJob = (run: JobRun, body: Command): Promise<JobRun> =>
  post(`/jobs/${part(run.order)}/${part(run.op)}/commands`, body, 30_000);
export const acceptJob = (run: JobRun): Promise<JobRun> => post(`/jobs/${part(run.order)}/${part(run.op)}/acceptance`, {});
export const readiness = (order: string, op: string): Promise<{ readonly ready: boolean; readonly checks: readonly Check[] }> =>
  get(`/jobs/${part(order)}/${part(op)}/readiness`);
export const stopReasons = async (machine: string): Promise<readonly StopReason[]> =>
  (await get<{ reasons: readonly StopReason[] }>(`/stations/${part(machine)}/downtime`, { start_ms: 0, end_ms: 1 })).reasons;
export const giveReason = (machine: string, body: { start_ms: number; end_ms: number | null; code: string; note: string }): Promise<Stop> =>
  post(`/stations/${part(machine)}/downtime`, body);
export const callFor = (machine: string, kind: CallKind, note: string): Promise<Call> => post(`/stations/${part(machine)}/calls`, { kind, note });
export const endCall = (machine: string, kind: CallKind): Promise<void> => remove(`/stations/${part(machine)}/calls/${kind}`);
export const holdMachine = (machine: string, why: string): Promise<object> => put(`/stations/${part(machine)}/hold`, { why });
export const releaseMachine = (machine: string): Promise<void> => remove(`/stations/${part(machine)}/hold`);
