/** Quality control: checklists, checks, lots, genealogy, nonconformances. Times in epoch ms. */

import { get, post } from "./request.ts";

interface Items<T> {
  readonly items: readonly T[];
}

const list = async <T>(path: string): Promise<readonly T[]> => (await get<Items<T>>(path)).items;
const part = encodeURIComponent;

export type ItemKind = "number" | "yes/no" | "text" | "signature";

export interface ChecklistItem {
  readonly id: string;
  readonly text: string;
  readonly kind: ItemKind;
  readonly gate: "hard" | "soft";
  readonly unit: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly target: number | null;
  readonly signal: string;
}

export interface Sampling {
  readonly trigger: string;
  readonly every: number | null;
}

export interface Checklist {
  readonly id: string;
  readonly title: string;
  readonly items: readonly ChecklistItem[];
  readonly sampling: readonly Sampling[];
  readonly machines: readonly string[];
  readonly products: readonly string[];
  readonly due_within_min: number;
  readonly author: string;
  readonly approver: string;
  readonly state: "draft" | "review" | "active" | "retired";
  readonly version: number;
}

export interface Result {
  readonly item: string;
  readonly value: number | null;
  readonly text: string;
  readonly passed: boolean;
  readonly origin: "signal" | "person";
  readonly source_ms: number;
  readonly quality: number;
  readonly by: string;
  readonly voided_by: string;
  readonly void_reason: string;
}

export interface Check {
  readonly number: number;
  readonly checklist: Checklist;
  readonly machine: string;
  readonly lot: string;
  readonly product: string;
  readonly piece: number;
  readonly triggers: readonly string[];
  readonly state: "due" | "open" | "passed" | "failed" | "dispositioned";
  readonly due_ms: number;
  readonly late_ms: number;
  readonly done_ms: number | null;
  readonly results: readonly Result[];
  readonly nonconformance: number | null;
  readonly version: number;
}

export interface Coming {
  readonly checklist: string;
  readonly title: string;
  readonly machine: string;
  readonly lot: string;
  readonly trigger: string;
  readonly in_pieces: number | null;
  readonly at_ms: number | null;
}

export interface Block {
  readonly stops: "dispatch" | "handover";
  readonly machine: string;
  readonly lot: string;
  readonly message: string;
  readonly nc: number | null;
}

export interface Nc {
  readonly number: number;
  readonly check: number;
  readonly machine: string;
  readonly title: string;
  readonly gate: "hard" | "soft";
  readonly state: "open" | "proposed" | "decided" | "closed";
  readonly suspects: {
    readonly pieces: number;
    readonly from_ms: number;
    readonly to_ms: number;
    readonly lots: readonly { readonly lot: string; readonly pieces: number; readonly first: number; readonly last: number }[];
    readonly materials: readonly (readonly [string, string])[];
  };
  readonly opened_ms: number;
  readonly disposition: string | null;
  readonly reason: string;
  readonly proposer: string;
  readonly signatures: readonly { readonly by: string; readonly role: string; readonly time_ms: number }[];
  readonly needs: readonly string[];
  readonly outcome: { readonly good?: number; readonly scrapped?: number };
  readonly version: number;
}

export interface Lot {
  readonly id: number;
  readonly lot: string;
  readonly machine: string;
  readonly product: string;
  readonly wanted: number | null;
  readonly start_ms: number;
  readonly end_ms: number | null;
  readonly pieces: number;
}

export interface Trace {
  readonly nodes: readonly { readonly kind: "lot" | "serial"; readonly id: string; readonly what: string; readonly depth: number }[];
  readonly edges: readonly {
    readonly source: string;
    readonly target: string;
    readonly qty: number | null;
    readonly machine: string;
    readonly time_ms: number;
  }[];
  readonly cut: boolean;
}

export interface ItemChart {
  readonly unit: string;
  readonly runs: readonly number[];
  readonly time_ms: readonly number[];
  readonly value: readonly number[];
  readonly centre: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly fired: readonly (readonly string[])[];
}

export const checks = (done: boolean): Promise<readonly Check[]> => list(`/checkruns?done=${String(done)}`);
export const check = (number: number): Promise<Check> => get(`/checkruns/${String(number)}`);
export const coming = (): Promise<readonly Coming[]> => list("/checkruns/coming");
export const fillCheck = (number: number, item: string, value: number | boolean | string, version: number): Promise<Check> =>
  post(`/checkruns/${String(number)}/values`, { item, value, version });
export const voidValue = (number: number, item: string, reason: string, version: number): Promise<Check> =>
  post(`/checkruns/${String(number)}/void`, { item, reason, version });
export const itemChart = (checklist: string, item: string, machine: string): Promise<ItemChart> =>
  get(`/checklists/${part(checklist)}/items/${part(item)}/chart?machine=${part(machine)}`);
export const gates = (): Promise<readonly Block[]> => list("/gates");

export const checklists = (): Promise<readonly Checklist[]> => list("/checklists");
export const draftChecklist = (id: string, wanted: object): Promise<Checklist> => post(`/checklists/${part(id)}/versions`, wanted);
export const checklistStep = (id: string, version: number, step: "submit" | "return" | "approve"): Promise<Checklist> =>
  post(`/checklists/${part(id)}/versions/${String(version)}/${step}`, {});
export const retireChecklist = (id: string): Promise<Checklist> => post(`/checklists/${part(id)}/retire`, {});

export const ncs = (): Promise<readonly Nc[]> => list("/ncs");
export const proposeNc = (number: number, disposition: string, reason: string, version: number): Promise<Nc> =>
  post(`/ncs/${String(number)}/propose`, { disposition, reason, version });
export const signNc = (number: number, version: number): Promise<Nc> => post(`/ncs/${String(number)}/sign`, { version });
export const returnNc = (number: number, reason: string, version: number): Promise<Nc> =>
  post(`/ncs/${String(number)}/return`, { reason, version });
export const closeNc = (number: number, good: number, scrapped: number, version: number): Promise<Nc> =>
  post(`/ncs/${String(number)}/close`, { good, scrapped, version });

export const lots = (): Promise<readonly Lot[]> => list("/lots?limit=100");
export const beginLot = (lot: object): Promise<Lot> => post("/lots", lot);
export const endLot = (id: number): Promise<Lot> => post(`/lots/${String(id)}/end`, {});
export const mountMaterial = (machine: string, material: string, lot: string): Promise<undefined> =>
  post("/materials/mounted", { machine, material, lot });
export const trace = (kind: "lot" | "serial", id: string, direction: "from" | "to"): Promise<Trace> =>
  get(`/trace/${kind}/${part(id)}?direction=${direction}`);
