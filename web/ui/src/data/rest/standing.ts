/** How the floor stands in a shift, what a day is, and who reads a machine. */

import type { ConnectorStatus } from "./model.ts";
import { get } from "./request.ts";

export type ShiftPick = "current" | "previous";

export interface Planned {
  readonly shift: number;
  readonly by_now: number;
  readonly seen: number;
  readonly source: "target" | "run_time";
}

export interface Standing {
  /** Empty for the plant. */
  readonly unit: string;
  readonly level: "plant" | "line" | "machine";
  readonly shift: string;
  readonly day: string;
  readonly day_only: boolean;
  readonly start_ms: number | null;
  readonly end_ms: number | null;
  readonly breaks: readonly (readonly [number, number])[];
  readonly good: number | null;
  readonly scrap: number | null;
  readonly counted_at: readonly string[];
  readonly planned: Planned | null;
  readonly target_per_min: number | null;
  readonly run_time_s: number | null;
  readonly members: number;
  readonly known: number;
  readonly kpis: Readonly<Record<string, number | null>>;
  readonly losses: Readonly<Record<string, number | null>>;
  readonly coverage: number | null;
  readonly remarks: readonly string[];
}

export interface FloorStanding {
  readonly time_ms: number;
  readonly pick: ShiftPick;
  readonly items: readonly Standing[];
}

export const floorStanding = (pick: ShiftPick, below = ""): Promise<FloorStanding> =>
  get("/floor", { shift: pick, ...(below === "" ? {} : { machine: below }) });

export interface Day {
  readonly date: string;
  readonly day_start_ms: number;
  readonly day_end_ms: number;
}

/** Where a local day of the plant begins and ends: 23, 24 or 25 hours. */
export const dayBounds = (date: string): Promise<Day> => get("/shifts", { date });

const steps = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

/** The connectors that read signals of a machine. */
export const machineConnectors = async (machine: string): Promise<readonly ConnectorStatus[]> =>
  (await get<{ items: readonly ConnectorStatus[] }>(`/machines/${steps(machine)}/connectors`)).items;
