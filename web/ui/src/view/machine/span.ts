/** Which stretch of time a machine's page shows, as its address says it. */

import { dayBounds, floorStanding, type ShiftPick } from "../../data/rest/standing.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { serverClock, zone } from "../live/session.ts";
import { age } from "../parts/format.ts";

export interface Span {
  readonly windowMs: number;
  readonly windowName: string;
  /** The end of a window that stands still, or null while it follows the clock. */
  readonly endMs: number | null;
}

export const WINDOWS_S = [60, 300, 900, 3_600, 28_800, 86_400, 604_800, 2_592_000] as const;
const DEFAULT_S = 300;
/** A stretch that has just begun is shown so long. */
const LEAST_MS = 60_000;
const MOST_MS = 30 * 86_400_000;

/** What the address asks for: a window that follows the clock, a range, or a shift or day whose bounds the server knows. */
export interface Wish {
  readonly windowS: number;
  readonly shift: ShiftPick | null;
  readonly day: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

const time = (name: string): number | null => {
  const text = query.value.get(name);
  const value = text === null ? NaN : Number(text);
  return Number.isFinite(value) && value > 0 ? value : null;
};

export function wish(): Wish {
  const asked = Number(query.value.get("window"));
  const shift = query.value.get("shift");
  const day = query.value.get("day") ?? "";
  return {
    windowS: WINDOWS_S.find((each) => each === asked) ?? DEFAULT_S,
    shift: shift === "current" || shift === "previous" ? shift : null,
    day: /^\d{4}-\d{2}-\d{2}$/.test(day) ? day : "",
    fromMs: time("from"),
    toMs: time("to"),
  };
}

/** Sets what the page shows; what is not named leaves the address. */
export function choose(parts: { window?: number; shift?: ShiftPick; day?: string; from?: number; to?: number }): void {
  const set: Record<string, readonly string[]> = { window: [], shift: [], day: [], from: [], to: [] };
  for (const [name, value] of Object.entries(parts)) set[name] = [String(value)];
  go(withParts(set), "replace");
}

export function spanOf(of: Wish): Span {
  if (of.fromMs !== null && of.toMs !== null && of.toMs > of.fromMs) {
    const windowMs = Math.min(of.toMs - of.fromMs, MOST_MS);
    const windowName = t("span.up_to", { age: age(windowMs), to: zone.value.format(of.toMs, "full") });
    return { windowMs, windowName, endMs: of.toMs };
  }
  return { windowMs: of.windowS * 1_000, windowName: t(`window.${of.windowS}` as Key), endMs: of.toMs };
}

/** The span of a shift or a day; its bounds are the server's. Raises where there is none. */
export async function boundedSpan(of: Wish, machine: string): Promise<Span> {
  const now = serverClock.now();
  if (of.day !== "") {
    const { day_start_ms: from, day_end_ms: end } = await dayBounds(of.day);
    return within(from, end, now, (length) => t("span.day", { age: length, day: zone.value.format(from, "day") }));
  }
  const { items } = await floorStanding(of.shift ?? "current", machine);
  const found = items.find((each) => each.unit === machine);
  if (found === undefined || found.start_ms === null || found.end_ms === null) throw new Error(t("span.no_shift"));
  const name = of.shift === "previous" ? "span.of_previous" : "span.of_shift";
  return within(found.start_ms, found.end_ms, now, (length) => t(name, { age: length }));
}

/** What has passed of a stretch: one that has ended stands still, one that runs follows the clock. */
function within(fromMs: number, endMs: number, nowMs: number, name: (length: string) => string): Span {
  const windowMs = Math.max(LEAST_MS, Math.min(endMs, nowMs) - fromMs);
  return { windowMs, windowName: name(age(windowMs)), endMs: endMs <= nowMs ? endMs : null };
}
