/** Joins a signal's history buckets and its live samples into the columns of a chart, without a seam. */

import type { SampleRing } from "../live/ring.ts";
import { QUALITY_BAD } from "../live/protocol.ts";
import type { Buckets, GapSpan } from "../rest/model.ts";

/** Columns of equal length by rising time; null breaks the line. */
export interface TrendColumns {
  readonly time: number[];
  readonly value: (number | null)[];
  readonly low: (number | null)[];
  readonly high: (number | null)[];
}

/** Rows this young may not have reached the historian when its buckets were read. */
const HISTORIAN_LAG_MS = 5_000;

class Builder implements TrendColumns {
  readonly time: number[] = [];
  readonly value: (number | null)[] = [];
  readonly low: (number | null)[] = [];
  readonly high: (number | null)[] = [];

  add(timeMs: number, value: number | null, low: number | null, high: number | null): void {
    // Times must rise strictly: a repeated or late row moves by the smallest step a screen cannot show.
    const before = this.time.at(-1) ?? -Infinity;
    this.time.push(timeMs > before ? timeMs : before + 0.001);
    this.value.push(value);
    this.low.push(low);
    this.high.push(high);
  }

  breakAt(timeMs: number): void {
    if (this.time.length > 0 && this.value.at(-1) !== null) this.add(timeMs, null, null, null);
  }
}

/** Where history ends and the live tail begins: a bucket's edge where both hold the samples around it. */
export function seamMs(history: Buckets | null, historyToMs: number, ring: SampleRing): number {
  const liveFromMs = ring.oldestMs();
  if (history === null || history.start_ms.length === 0) return liveFromMs;
  const first = history.start_ms[0] as number;
  const safe = historyToMs - HISTORIAN_LAG_MS;
  const edge = first + Math.floor((safe - first) / history.width_ms) * history.width_ms;
  return Math.max(edge, liveFromMs);
}

function addBucket(out: Builder, history: Buckets, i: number, seam: number): void {
  const start = history.start_ms[i] as number;
  const [first, last] = [history.first[i] ?? null, history.last[i] ?? null];
  const [low, high] = [history.low[i] ?? null, history.high[i] ?? null];
  if (first === null || last === null) {
    out.breakAt(start);
    return;
  }
  if (history.count[i] === 1) {
    out.add(start, first, null, null);
    return;
  }
  // Four points a bucket draw what all its rows would have drawn; where in it the extremes lay cannot be seen.
  const extremes = last >= first ? [low, high] : [high, low];
  const width = Math.min(history.width_ms, seam - start);
  const inner = history.count[i] === 2 ? [] : extremes;
  out.add(start, first, low, high);
  inner.forEach((value, place) => {
    out.add(start + (width * (place + 1)) / 3, value, low, high);
  });
  if (history.worst[i] === QUALITY_BAD) out.breakAt(start + width * 0.8);
  out.add(start + width * 0.999, last, low, high);
}

/** Positions of the ring's samples from `fromMs` on, by rising source time whatever order they came in. */
function inOrder(ring: SampleRing, fromMs: number): number[] {
  const chosen: number[] = [];
  let sorted = true;
  let before = -Infinity;
  for (let i = 0; i < ring.length; i += 1) {
    const at = ring.at(i);
    const time = ring.time[at] as number;
    if (time < fromMs) continue;
    sorted &&= time >= before;
    before = time;
    chosen.push(at);
  }
  return sorted ? chosen : chosen.sort((a, b) => (ring.time[a] as number) - (ring.time[b] as number));
}

function addTail(out: Builder, ring: SampleRing, fromMs: number): void {
  for (const at of inOrder(ring, fromMs)) {
    const time = ring.time[at] as number;
    const value = ring.value[at] as number;
    if (ring.bad[at] === 1 || Number.isNaN(value)) out.breakAt(time);
    else out.add(time, value, null, null);
  }
}

/** Puts a break into every gap of the ledger, so that no line crosses an interval without data. */
function breakGaps(columns: TrendColumns, gaps: readonly GapSpan[]): TrendColumns {
  const out = new Builder();
  const open = gaps.filter((gap) => gap.state === "open" || gap.state === "lost");
  const starts = open.map((gap) => gap.start_ms).sort((a, b) => a - b);
  let next = 0;
  columns.time.forEach((time, i) => {
    while (next < starts.length && (starts[next] as number) < time) {
      out.breakAt(starts[next] as number);
      next += 1;
    }
    out.add(time, columns.value[i] ?? null, columns.low[i] ?? null, columns.high[i] ?? null);
  });
  return out;
}

/** Returns the columns from `fromMs` on; `historyToMs` is the end of the range the buckets were asked for. */
export function joinTrend(
  history: Buckets | null,
  historyToMs: number,
  ring: SampleRing,
  fromMs: number,
): TrendColumns {
  const out = new Builder();
  const seam = seamMs(history, historyToMs, ring);
  if (history !== null) {
    history.start_ms.forEach((start, i) => {
      if (start < seam && start + history.width_ms >= fromMs) addBucket(out, history, i, seam);
    });
  }
  addTail(out, ring, Math.max(seam, fromMs));
  return history !== null && history.gaps.length > 0 ? breakGaps(out, history.gaps) : out;
}
