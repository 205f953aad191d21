/** State intervals of a machine and the reasons it gave, read whole over a range. */

import type { Interval, Said } from "../plant/stops.ts";
import { get } from "./request.ts";

interface IntervalPage {
  readonly items: readonly Interval[];
  readonly truncated: boolean;
}

const steps = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
/** A page holds as many as the gateway allows; more than these pages in one window are not read. */
const MOST_PAGES = 10;

export interface Intervals {
  readonly items: readonly Interval[];
  readonly complete: boolean;
}

export async function intervals(machine: string, fromMs: number, toMs: number): Promise<Intervals> {
  const all: Interval[] = [];
  let from = Math.floor(fromMs);
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found: IntervalPage = await get(`/machines/${steps(machine)}/intervals`, { from, to: Math.ceil(toMs), limit: 1_000 });
    all.push(...found.items);
    const last = found.items.at(-1);
    if (!found.truncated || last === undefined) return { items: all, complete: true };
    from = Math.ceil(last.end_ms);
  }
  return { items: all, complete: false };
}

interface SideRows {
  readonly source_ms: readonly number[];
  readonly side: Readonly<Record<string, unknown>>;
}

const ROWS = 5_000;

/** What a text signal said over a range, by rising time. */
export async function reasons(signal: string, fromMs: number, toMs: number): Promise<readonly Said[]> {
  const found: SideRows = await get("/history/rows", { signal: [signal], from: Math.floor(fromMs), to: Math.ceil(toMs), limit: ROWS });
  return found.source_ms.map((timeMs, i) => {
    const text = found.side[String(i)];
    return { timeMs, reason: typeof text === "string" ? text.trim() : "" };
  });
}
