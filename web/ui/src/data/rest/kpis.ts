/** KPIs by hour, shift or day: sums added up and divided at the very end, by the gateway. */

import { get } from "./request.ts";

export type KpiBucket = "hour" | "shift" | "day";

export interface Kpis {
  readonly label: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly shift: string;
  readonly day: string;
  readonly kpis: Readonly<Record<string, number | null>>;
  readonly sums: Readonly<Record<string, number>>;
  readonly losses: Readonly<Record<string, number | null>>;
  readonly coverage: number | null;
  readonly target_pieces: number | null;
  readonly version: number;
  readonly provisional: boolean;
  readonly remarks: readonly string[];
}

export interface KpiReport {
  readonly unit: string;
  readonly machines: readonly string[];
  readonly bucket: KpiBucket;
  readonly minor_stops: "iso" | "six_losses";
  readonly minor_stop_s: readonly number[];
  readonly buckets: readonly Kpis[];
  readonly total: Kpis;
}

export const kpis = (unit: string, fromMs: number, toMs: number, bucket: KpiBucket): Promise<KpiReport> =>
  get("/kpis", { unit, from: Math.floor(fromMs), to: Math.ceil(toMs), bucket });

/** Every path with machines below it, and the machines: what KPIs can be asked of. */
export async function units(): Promise<readonly string[]> {
  const found = await get<{ items: readonly { readonly path: string }[] }>("/machines");
  const all = new Set<string>();
  for (const { path } of found.items) {
    const parts = path.split("/");
    for (let depth = 1; depth <= parts.length; depth += 1) all.add(parts.slice(0, depth).join("/"));
  }
  return [...all].sort();
}
