/** The production office: tables, demand, plans, routings, schedules. Times in UTC minutes, days as YYYY-MM-DD. */

import { end, get, post, upload } from "./request.ts";

interface Items<T> {
  readonly items: readonly T[];
}

const list = async <T>(path: string): Promise<readonly T[]> => (await get<Items<T>>(path)).items;
const part = encodeURIComponent;

export type JobState = "running" | "done" | "refused" | "cancelled";

export interface TableInfo {
  readonly name: string;
  readonly count: number;
  readonly columns: readonly { readonly name: string; readonly required: boolean; readonly meaning: string; readonly example: string }[];
}

export interface ImportJob {
  readonly id: string;
  readonly table: string;
  readonly file: string;
  readonly purpose: "try" | "keep";
  readonly state: JobState;
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly same: number;
  readonly mistakes: readonly { readonly where: string; readonly column: string; readonly message: string }[];
  readonly untold: number;
  readonly error: string;
}

export const tables = (): Promise<readonly TableInfo[]> => list("/tables");
export const tableFile = (table: string, what: "template" | "rows", format: "csv" | "xlsx"): string =>
  `/api/v1/tables/${part(table)}/${what}?format=${format}`;
export const importTable = (table: string, file: File, purpose: ImportJob["purpose"]): Promise<ImportJob> =>
  upload(`/tables/${part(table)}/imports`, { file: file.name, purpose }, file);
export const importJob = (id: string): Promise<ImportJob> => get(`/tables/imports/${part(id)}`);

export interface DemandLine {
  readonly id: string;
  readonly product: string;
  readonly qty: number;
  readonly due: string;
  readonly priority: number;
  readonly customer: string;
  readonly state: "open" | "planned" | "fulfilled" | "cancelled";
}

export interface Forecast {
  readonly product: string;
  readonly weeks: readonly string[];
  readonly method: string;
  readonly p50: readonly number[];
  readonly p80: readonly number[];
  readonly mase: number | null;
  readonly bias: number | null;
  readonly weak: boolean;
  readonly overrides: readonly { readonly week: string; readonly qty: number; readonly by: string; readonly reason: string }[];
  readonly state: "draft" | "accepted";
  readonly version: number;
}

export interface DemandSeries {
  readonly product: string;
  readonly weeks: readonly string[];
  readonly wanted: readonly number[];
  readonly orders: Readonly<Record<string, number>>;
  readonly forecast: Forecast | null;
}

export const demand = (): Promise<readonly DemandLine[]> => list("/demand");
export const cancelOrder = (id: string): Promise<DemandLine> => post(`/demand/${part(id)}/cancel`, {});
export const addOrder = (order: object): Promise<DemandLine> => post("/demand", order);
export const forecasts = (): Promise<readonly DemandSeries[]> => list("/forecasts");
export const makeForecast = (product: string): Promise<Forecast> => post(`/forecasts/${part(product)}`, {});
export const acceptForecast = (product: string): Promise<Forecast> => post(`/forecasts/${part(product)}/accept`, {});
export const overrideForecast = (product: string, week: string, qty: number, reason: string): Promise<Forecast> =>
  post(`/forecasts/${part(product)}/overrides`, { week, qty, reason });

export interface Gap {
  readonly id: string;
  readonly kind: string;
  readonly resource: string;
  readonly week: string;
  readonly short: number;
  readonly message: string;
  readonly orders: readonly string[];
  readonly remedies: readonly { readonly kind: string; readonly text: string; readonly amount: number }[];
}

export interface Plan {
  readonly id: number;
  readonly version: number;
  readonly weeks: readonly string[];
  readonly lines: readonly {
    readonly product: string;
    readonly week: string;
    readonly opening: number;
    readonly demand: number;
    readonly output: number;
    readonly closing: number;
  }[];
  readonly resources: readonly {
    readonly kind: string;
    readonly resource: string;
    readonly load: readonly number[];
    readonly available: readonly number[];
  }[];
  readonly gaps: readonly Gap[];
  readonly decisions: readonly { readonly gap: string; readonly remedy: string; readonly by: string; readonly reason: string }[];
  readonly proposer: string;
  readonly approver: string;
  readonly state: "draft" | "checked" | "approved" | "superseded";
}

export interface WorkOrder {
  readonly id: string;
  readonly product: string;
  readonly qty: number;
  readonly due_at_min: number;
  readonly weight: number;
  readonly state: string;
}

export const plans = (): Promise<readonly Plan[]> => list("/plans");
export const draftPlan = (weeks: number): Promise<Plan> => post("/plans", { weeks });
export const planStep = (id: number, step: "check" | "approve" | "versions"): Promise<Plan> => post(`/plans/${String(id)}/${step}`, {});
export const decide = (id: number, gap: string, remedy: string, reason: string): Promise<Plan> =>
  post(`/plans/${String(id)}/decisions`, { gap, remedy, reason });
export const releasePlan = async (id: number): Promise<number> =>
  (await post<Items<WorkOrder>>(`/plans/${String(id)}/release`, {})).items.length;
export const workOrders = (): Promise<readonly WorkOrder[]> => list("/work-orders");

export interface Routing {
  readonly product: string;
  readonly version: number;
  readonly state: "draft" | "review" | "active" | "retired";
  readonly author: string;
  readonly approver: string;
  readonly operations: readonly {
    readonly op: string;
    readonly work_centre: string;
    readonly machines: readonly string[];
    readonly after: readonly string[];
    readonly role: string;
    readonly handover: { readonly what: string; readonly accepted_by: string } | null;
    readonly crew: { readonly skill: string; readonly level: number; readonly heads: number } | null;
    readonly tool_class: string;
    readonly checklist: string;
  }[];
}

export interface RoutingView {
  readonly routing: Routing;
  readonly map: {
    readonly lanes: readonly string[];
    readonly nodes: readonly { readonly op: string; readonly lane: number; readonly layer: number; readonly slot: number }[];
    readonly edges: readonly { readonly source: string; readonly target: string; readonly accepted_by: string }[];
  } | null;
  readonly flaws: readonly { readonly kind: string; readonly steps: readonly string[]; readonly message: string }[];
  readonly versions: readonly number[];
}

export const routings = (): Promise<readonly Routing[]> => list("/routings");
export const routing = (product: string, version: number | null): Promise<RoutingView> =>
  get(`/routings/${part(product)}`, version === null ? {} : { version });
export const routingStep = (product: string, version: number, step: "submit" | "return" | "approve"): Promise<RoutingView> =>
  post(`/routings/${part(product)}/versions/${String(version)}/${step}`, {});
export const routingDiff = (
  product: string,
  old: number,
  next: number,
): Promise<{ readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly [string, readonly string[]][] }> =>
  get(`/routings/${part(product)}/diff`, { old, new: next });

export interface JobOrder {
  readonly id: string;
  readonly order: string;
  readonly op: string;
  readonly machine: string;
  readonly start_at_min: number;
  readonly end_at_min: number;
  readonly state: string;
}

export interface Schedule {
  readonly version: number;
  readonly state: "proposed" | "approved" | "published" | "superseded";
  readonly cause: string;
  readonly cost: number;
  readonly frozen_until_min: number;
  readonly proposer: string;
  readonly approver: string;
  readonly parent: number | null;
  readonly p_on_time: Readonly<Record<string, number>>;
  readonly down: readonly { readonly machine: string; readonly from_at_min: number; readonly until_at_min: number }[];
}

export interface Bar {
  readonly job: JobOrder;
  readonly product: string;
  readonly qty: number;
  readonly due_at_min: number;
  readonly projected_start_min: number;
  readonly projected_end_min: number;
  readonly late_min: number;
  readonly pinned: boolean;
  readonly frozen: boolean;
}

export interface Board {
  readonly schedule: Schedule;
  readonly now_min: number;
  readonly lanes: readonly { readonly machine: string; readonly work_centre: string; readonly closures: readonly [number, number][]; readonly path: string }[];
  readonly bars: readonly Bar[];
  readonly late: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly unplanned: readonly string[];
  readonly assumed: number;
}

export interface SearchJob {
  readonly id: string;
  readonly state: JobState;
  readonly share: number;
  readonly cost: number | null;
  readonly phase: string;
  readonly version: number | null;
  readonly error: string;
}

export interface Drag {
  readonly bar_start_min: number;
  readonly bar_end_min: number;
  readonly faults: readonly string[];
  readonly cost_before: number;
  readonly cost_after: number;
  readonly late_after: Readonly<Record<string, number>>;
}

export interface ScheduleDiff {
  readonly moves: readonly { readonly job: string; readonly before: JobOrder | null; readonly after: JobOrder | null }[];
  readonly machine_changes: readonly string[];
  readonly newly_late: readonly string[];
  readonly newly_on_time: readonly string[];
  readonly in_frozen_zone: readonly string[];
  readonly may_publish_alone: boolean;
}

interface Place {
  readonly job: string;
  readonly machine: string;
  readonly start_at_min: number;
}

export const schedules = (): Promise<readonly Schedule[]> => list("/schedules");
export const board = (version: number | null): Promise<Board> => get("/schedules/board", version === null ? {} : { version });
export const searchSchedule = (cause: string): Promise<SearchJob> => post("/schedules/searches", { cause });
export const searchJob = (id: string): Promise<SearchJob> => get(`/schedules/searches/${part(id)}`);
export const cancelSearch = (id: string): Promise<SearchJob> => end(`/schedules/searches/${part(id)}`);
export const tryMove = (version: number, place: Place): Promise<Drag> => post(`/schedules/${String(version)}/drag`, place);
export const move = (version: number, place: Place): Promise<Schedule> => post(`/schedules/${String(version)}/move`, place);
export const breakdown = (machine: string, minutes: number): Promise<Schedule> => post("/schedules/breakdowns", { machine, minutes });
export const scheduleStep = (version: number, step: "approve" | "publish"): Promise<Schedule> =>
  post(`/schedules/${String(version)}/${step}`, {});
export const scheduleDiff = (old: number, next: number): Promise<ScheduleDiff> => get("/schedules/diff", { old, new: next });
