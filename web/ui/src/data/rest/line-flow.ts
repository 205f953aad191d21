/** How a line flows, as `GET /lines/{line}/flow` tells it. */

import { get } from "./request.ts";

export interface MachineFlow {
  readonly machine: string;
  readonly doing: "works" | "stands" | "waits" | "unseen";
  readonly since_ms: number | null;
  readonly wait: "" | "starved" | "blocked" | "unexplained";
  readonly root: string;
  readonly starved_s: number;
  readonly blocked_s: number;
  readonly pieces: number;
  readonly rate_per_min: number | null;
  readonly target_per_min: number | null;
  readonly takt_s: number | null;
  readonly cycle_s: number | null;
  readonly planned_cycle_s: number | null;
}

export interface FlowForecast {
  readonly what: string;
  readonly end_ms: number | null;
  readonly done: number;
  readonly wanted: number | null;
  readonly expected: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly assumes: string;
}

export interface LineFlow {
  readonly line: string;
  readonly path: string;
  readonly ordered: boolean;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly machines: readonly MachineFlow[];
  readonly bottleneck: string;
  readonly main: string;
  readonly forecast: FlowForecast | null;
  readonly remarks: readonly string[];
}

export const lineFlow = (path: string): Promise<LineFlow> =>
  get(`/lines/${path.split("/").map(encodeURIComponent).join("/")}/flow`);
