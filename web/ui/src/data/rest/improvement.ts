/** Continuous improvement: backlog, losses, trials, practices, measured standard times. Times in epoch ms. */

import { get, post } from "./request.ts";

interface Items<T> {
  readonly items: readonly T[];
}

const list = async <T>(path: string): Promise<readonly T[]> => (await get<Items<T>>(path)).items;
const part = encodeURIComponent;

export interface Metric {
  readonly kpi: string;
  readonly unit: string;
  readonly aim: "up" | "down";
}

export interface Effect {
  readonly metric: Metric;
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly hours_before: number;
  readonly hours_after: number;
  readonly better: boolean;
  readonly worse: boolean;
}

export interface Improvement {
  readonly id: string;
  readonly title: string;
  readonly hypothesis: string;
  readonly owner: string;
  readonly effort_days: number;
  readonly metric: Metric;
  readonly guards: readonly Metric[];
  readonly loss_h_per_week: number | null;
  readonly author: string;
  readonly approver: string;
  readonly effect: Effect | null;
  readonly guarded: readonly Effect[];
  readonly reason: string;
  readonly state: "idea" | "selected" | "trial" | "measured" | "adopted" | "rejected";
  readonly version: number;
  readonly score: number | null;
}

export interface LossFound {
  readonly title: string;
  readonly unit: string;
  readonly kpi: string;
  readonly hours_per_week: number;
  readonly source: string;
}

export interface Practice {
  readonly practice: string;
  readonly title: string;
  readonly trigger: string;
  readonly evidence: readonly string[];
  readonly link: string;
}

export interface Proposal {
  readonly proposed: { readonly product: string; readonly op: string; readonly machine: string; readonly run_s: number; readonly cycles: number; readonly jobs: readonly string[]; readonly version: number };
  readonly current_s: number;
  readonly change: number;
  readonly low: number;
  readonly high: number;
  readonly by: string;
}

export const improvements = (): Promise<readonly Improvement[]> => list("/improvements");
export const foundLosses = (): Promise<readonly LossFound[]> => list("/improvements/losses");
export const practices = (): Promise<readonly Practice[]> => list("/improvements/practices");
export const addImprovement = (wanted: object): Promise<Improvement> => post("/improvements", wanted);
export const moveImprovement = (id: string, state: string, version: number, reason = ""): Promise<Improvement> =>
  post(`/improvements/${part(id)}/moves`, { state, version, reason });
export const judgeImprovement = (id: string, adopt: boolean, version: number, reason = ""): Promise<Improvement> =>
  post(`/improvements/${part(id)}/verdict`, { adopt, version, reason });
export const proposals = (): Promise<readonly Proposal[]> => list("/standards/proposals");
export const lookForStandards = (): Promise<{ readonly items: readonly object[] }> => post("/standards/proposals", {});
export const decideStandard = (of: Proposal["proposed"], approve: boolean): Promise<object> =>
  post("/standards/decisions", { product: of.product, op: of.op, machine: of.machine, version: of.version, approve });
