/** Work orders, what opens them, and what they say of machines. */

import { get, patch, post, put, queryString, upload, type Query } from "./request.ts";

export const WORK_STATES = ["requested", "open", "in_progress", "on_hold", "complete", "closed", "rejected"] as const;
export type WorkState = (typeof WORK_STATES)[number];
export const PRIORITIES = ["high", "medium", "low", "none"] as const;
export type Priority = (typeof PRIORITIES)[number];
export const KINDS = ["request", "corrective", "preventive", "inspection"] as const;
export type WorkKind = (typeof KINDS)[number];
export type WorkAction = "approve" | "reject" | "start" | "hold" | "complete" | "close" | "reopen" | "cancel";

export interface WorkOrder {
  readonly number: number;
  readonly kind: WorkKind;
  readonly state: WorkState;
  readonly title: string;
  readonly description: string;
  readonly priority: Priority;
  readonly asset: string;
  readonly team: string;
  readonly assignees: readonly string[];
  readonly issue: number | null;
  readonly trigger: string;
  readonly external: string;
  readonly created_by: string;
  readonly created_ms: number;
  readonly raised_ms: number;
  readonly due_ms: number | null;
  readonly estimated_min: number | null;
  readonly downtime_start_ms: number | null;
  readonly downtime_end_ms: number | null;
  readonly hold_reason: string;
  readonly completion_note: string;
  readonly checklist: readonly { readonly text: string; readonly done: boolean; readonly by: string }[];
  readonly labour: readonly { readonly person: string; readonly minutes: number; readonly note: string }[];
  readonly parts: readonly { readonly part: string; readonly quantity: number; readonly unit_cost: number | null }[];
  readonly version: number;
}

export interface WorkEvent {
  readonly seq: number;
  readonly time_ms: number;
  readonly action: string;
  readonly by: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry as the live feed tells it: of which order it is. */
export interface WorkChange extends WorkEvent {
  readonly order: number;
}

export interface Trigger {
  readonly trigger: string;
  readonly type: string;
  readonly title: string;
  readonly machine: string;
  readonly unit: string;
  readonly every: number | null;
  readonly total: number;
  readonly used: number | null;
  readonly last_order: number | null;
}

export interface Reliability {
  readonly failures: number;
  readonly operating_s: number | null;
  readonly mtbf_s: number | null;
  readonly mttr_s: number | null;
  readonly mtta_s: number | null;
  readonly availability: number | null;
  readonly orders: number;
  readonly overdue: number;
}

export interface NewOrder {
  readonly title: string;
  readonly asset: string;
  readonly kind: WorkKind;
  readonly description: string;
  readonly priority: Priority;
  readonly issue?: number;
}

export interface Imported {
  readonly created: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly mistakes: readonly string[];
}

interface Items<T> {
  readonly items: readonly T[];
}

/** The actions that a state allows; the gateway's table decides, this only says which buttons to show. */
export const ACTIONS: Readonly<Record<WorkState, readonly WorkAction[]>> = {
  requested: ["approve", "reject"],
  open: ["start", "hold", "cancel"],
  in_progress: ["complete", "hold"],
  on_hold: ["start", "cancel"],
  complete: ["close", "reopen"],
  closed: ["reopen"],
  rejected: [],
};

const at = (number: number): string => `/maintenance/orders/${String(number)}`;

export const workOrders = async (query: Query): Promise<readonly WorkOrder[]> =>
  (await get<Items<WorkOrder>>("/maintenance/orders", query)).items;

/** Where the same orders lie as a file. */
export const exportAddress = (query: Query): string => `/api/v1/maintenance/orders/export${queryString(query)}`;

export const workOrder = (number: number): Promise<WorkOrder> => get(at(number));

export const workEvents = async (number: number): Promise<readonly WorkEvent[]> =>
  (await get<Items<WorkEvent>>(`${at(number)}/events`)).items;

export const openOrder = (order: NewOrder): Promise<WorkOrder> => post("/maintenance/orders", order);

/** Tries a file or takes it whole; its rows are known by their keys, so that the same file twice changes nothing. */
export const importOrders = (file: File, dry: boolean): Promise<Imported> =>
  upload("/maintenance/orders/import", { name: file.name.slice(-100), dry_run: String(dry) }, file);

export const move = (order: WorkOrder, action: WorkAction, note: string): Promise<WorkOrder> =>
  post(`${at(order.number)}/act/${action}`, { version: order.version, note });

export const tick = (order: WorkOrder, item: number, done: boolean): Promise<WorkOrder> =>
  post(`${at(order.number)}/checklist/${String(item)}`, { done });

export const addLabour = (order: WorkOrder, minutes: number, note: string): Promise<WorkOrder> =>
  post(`${at(order.number)}/labour`, { minutes, note });

export const addPart = (order: WorkOrder, part: string, quantity: number): Promise<WorkOrder> =>
  post(`${at(order.number)}/parts`, { part, quantity });

export const addNote = (order: WorkOrder, text: string): Promise<WorkOrder> =>
  post(`${at(order.number)}/notes`, { text });

export const setDowntime = (order: WorkOrder, startMs: number, endMs: number | null): Promise<WorkOrder> =>
  put(`${at(order.number)}/downtime`, { version: order.version, start_ms: startMs, end_ms: endMs });

export const changeOrder = (order: WorkOrder, changes: object): Promise<void> =>
  patch(at(order.number), { version: order.version, ...changes });

export const triggers = async (): Promise<readonly Trigger[]> =>
  (await get<Items<Trigger>>("/maintenance/triggers")).items;

export const reliability = (fromMs: number, toMs: number, asset: string): Promise<Reliability> =>
  get("/maintenance/reliability", { from: Math.floor(fromMs), to: Math.ceil(toMs), asset });
