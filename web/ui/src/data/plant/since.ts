/** Since when a machine has been in its state, from history buckets; says how sure that is. */

import type { Buckets } from "../rest/model.ts";

export type Certainty = "exact" | "about" | "at_least";

export interface StateSince {
  readonly value: number;
  readonly sinceMs: number;
  readonly certainty: Certainty;
}

/** Reads buckets of a state signal backwards to where its newest value began; null where there are none. */
export function sinceFromBuckets(buckets: Buckets): StateSince | null {
  let value: number | null = null;
  let sinceMs = 0;
  for (let i = buckets.start_ms.length - 1; i >= 0; i -= 1) {
    const last = buckets.last[i] ?? null;
    if (last === null) continue;
    value ??= last;
    if (last !== value) return { value, sinceMs, certainty: "about" };
    sinceMs = buckets.start_ms[i] as number;
    const pure = buckets.low[i] === value && buckets.high[i] === value;
    if (!pure) return { value, sinceMs: sinceMs + buckets.width_ms / 2, certainty: "about" };
  }
  return value === null ? null : { value, sinceMs, certainty: "at_least" };
}

/** Follows the state from sample to sample: a change seen live is exact. */
export function sinceFromSample(known: StateSince | null, value: number, sourceMs: number): StateSince {
  if (known === null) return { value, sinceMs: sourceMs, certainty: "at_least" };
  return known.value === value ? known : { value, sinceMs: sourceMs, certainty: "exact" };
}

/** History may come after live samples: a change seen live is newer and stays. */
export function laterOf(history: StateSince | null, seen: StateSince | null): StateSince | null {
  if (history === null || seen === null) return seen ?? history;
  if (seen.certainty === "exact") return seen;
  // History saw the change: the live sample then only tells it more closely.
  if (history.value === seen.value && history.certainty === "about") {
    return { value: seen.value, sinceMs: Math.min(history.sinceMs, seen.sinceMs), certainty: "about" };
  }
  return history.value === seen.value && history.sinceMs < seen.sinceMs ? history : seen;
}
