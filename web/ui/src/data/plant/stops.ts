/** What a machine lost its time to, from its state intervals and the reasons it gave: how often, and how long. */

export interface Interval {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly state_name: string;
  readonly booked: string;
}

/** A reason as the machine said it, from then on; empty where it said that there is none. */
export interface Said {
  readonly timeMs: number;
  readonly reason: string;
}

export interface Loss {
  readonly reason: string;
  /** Whether the machine said it, or it is the name of its state. */
  readonly said: boolean;
  readonly count: number;
  readonly ms: number;
}

/** Reasons reach the gateway by another signal than states: so much apart they still belong together. */
const SLACK_MS = 2_000;

/** The reason that was said during an interval, or was in force when it began. */
function reasonOf(interval: Interval, said: readonly Said[]): string {
  let held = "";
  for (const each of said) {
    if (each.timeMs > interval.end_ms) break;
    if (each.timeMs <= interval.start_ms + SLACK_MS) held = each.reason;
    else if (held === "") held = each.reason;
  }
  return held;
}

/** Losses within [fromMs, toMs], the greatest first; `said` by rising time. Time that produces is no loss. */
export function losses(intervals: readonly Interval[], said: readonly Said[], fromMs: number, toMs: number, by: "time" | "count"): Loss[] {
  const sums = new Map<string, { said: boolean; count: number; ms: number }>();
  let before: { reason: string; endMs: number } | null = null;
  for (const each of intervals) {
    const ms = Math.min(each.end_ms, toMs) - Math.max(each.start_ms, fromMs);
    if (each.booked === "apt" || ms <= 0) {
      if (each.booked === "apt") before = null;
      continue;
    }
    const reason = reasonOf(each, said);
    const name = reason === "" ? each.state_name : reason;
    const sum = sums.get(name) ?? { said: reason !== "", count: 0, ms: 0 };
    // One stop passes through several states: it counts once while it is the same reason without a break.
    if (before === null || before.reason !== name || before.endMs !== each.start_ms) sum.count += 1;
    sum.ms += ms;
    sums.set(name, sum);
    before = { reason: name, endMs: each.end_ms };
  }
  const key = by === "time" ? "ms" : "count";
  return [...sums].map(([reason, sum]) => ({ reason, ...sum })).sort((a, b) => b[key] - a[key] || b.ms - a.ms);
}
