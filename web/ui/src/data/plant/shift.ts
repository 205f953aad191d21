/** Planned time of a shift as it runs: what is behind, what is to come, and what is planned of a share of it. */

import type { Planned, Standing } from "../rest/standing.ts";

type Shift = Pick<Standing, "start_ms" | "end_ms" | "breaks">;

/** Planned busy milliseconds of a shift up to a moment: breaks are no planned time. */
export function busyMs(shift: Shift, untilMs: number): number {
  const { start_ms: start, end_ms: end, breaks } = shift;
  if (start === null || end === null) return NaN;
  const until = Math.min(Math.max(untilMs, start), end);
  const rest = breaks.reduce((sum, [opens, closes]) => sum + Math.max(0, Math.min(closes, until) - opens), 0);
  return until - start - rest;
}

/** What is planned by now, from the plan of the whole shift: the server's figure goes on with the clock. */
export function plannedNow(standing: Standing, planned: Planned, nowMs: number): Planned {
  const whole = standing.end_ms === null ? NaN : busyMs(standing, standing.end_ms);
  if (!(whole > 0)) return planned;
  const byNow = (planned.shift * busyMs(standing, nowMs)) / whole;
  return { ...planned, by_now: byNow, seen: Math.max(0, planned.seen + byNow - planned.by_now) };
}
