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

/** How steep the step of a held value is drawn. */
const EDGE_MS = 1;

class Builder implements TrendColumns {
  readonly time: number[] = [];
  readonly value: (number | null)[] = [];
  readonly low: (number | null)[] = [];
  readonly high: (number | null)[] = [];

  private readonly silenceMs: number;
  private readonly holdMs: number;

  /** Points further apart than `silenceMs` are not joined; beyond `holdMs` the older one holds until the newer. */
  constructor(silenceMs = Infinity, holdMs = Infinity) {
    this.silenceMs = silenceMs;
    this.holdMs = holdMs;
  }

  add(timeMs: number, value: number | null, low: number | null, high: number | null): void {
    if (value !== null && timeMs - (this.time.at(-1) ?? timeMs) > this.silenceMs) {
      this.breakAt((this.time.at(-1) as number) + this.silenceMs);
    }
    const held = this.value.at(-1) ?? null;
    if (held !== null && timeMs - (this.time.at(-1) as number) > this.holdMs) this.push(timeMs - EDGE_MS, held, null, null);
    this.push(timeMs, value, low, high);
  }

  private push(timeMs: number, value: number | null, low: number | null, high: number | null): void {
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

/** What one bucket of rows comes to, whoever counted it. */
interface Cell {
  readonly startMs: number;
  readonly endMs: number;
  readonly first: number | null;
  readonly last: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly count: number;
  readonly bad: boolean;
}

/** Up to so many rows, a bucket is drawn as its rows would be; above, as a band with a line of real rows in it. */
const FEW_ROWS = 8;

function addCell(out: Builder, cell: Cell, few = FEW_ROWS): void {
  const { startMs, first, last, low, high } = cell;
  if (first === null || last === null) {
    out.breakAt(startMs);
    return;
  }
  if (cell.count === 1) {
    out.add(startMs, first, null, null);
    return;
  }
  const width = cell.endMs - startMs;
  // Where in the bucket its extremes lay cannot be seen: it is about a pixel wide.
  const extremes = last >= first ? [low, high] : [high, low];
  const inner = cell.count > 2 && cell.count <= few ? extremes : [];
  out.add(startMs, first, low, high);
  inner.forEach((value, place) => {
    out.add(startMs + (width * (place + 1)) / 3, value, low, high);
  });
  if (cell.bad) out.breakAt(startMs + width * 0.8);
  out.add(startMs + width * 0.999, last, low, high);
}

function historyCell(history: Buckets, i: number, seam: number): Cell {
  const startMs = history.start_ms[i] as number;
  return {
    startMs,
    endMs: Math.min(startMs + history.width_ms, seam),
    first: history.first[i] ?? null,
    last: history.last[i] ?? null,
    low: history.low[i] ?? null,
    high: history.high[i] ?? null,
    count: history.count[i] ?? 0,
    bad: history.worst[i] === QUALITY_BAD,
  };
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

const usable = (ring: SampleRing, at: number): boolean => ring.bad[at] === 0 && !Number.isNaN(ring.value[at]);

function ringCell(ring: SampleRing, rows: readonly number[]): Cell {
  const values = rows.filter((at) => usable(ring, at)).map((at) => ring.value[at] as number);
  return {
    startMs: ring.time[rows[0] as number] as number,
    endMs: ring.time[rows.at(-1) as number] as number,
    first: values[0] ?? null,
    last: values.at(-1) ?? null,
    low: values.length === 0 ? null : Math.min(...values),
    high: values.length === 0 ? null : Math.max(...values),
    count: values.length,
    bad: values.length < rows.length,
  };
}

/** Adds live samples as they are, or gathered in buckets of the history's width where many fall into one. */
function addTail(out: Builder, ring: SampleRing, fromMs: number, widthMs: number): void {
  const rows = inOrder(ring, fromMs);
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const bucket = Math.floor((ring.time[rows[from] as number] as number) / widthMs);
    to = from + 1;
    while (to < rows.length && Math.floor((ring.time[rows[to] as number] as number) / widthMs) === bucket) to += 1;
    if (to - from > FEW_ROWS) {
      addCell(out, ringCell(ring, rows.slice(from, to)));
      continue;
    }
    for (const at of rows.slice(from, to)) {
      const time = ring.time[at] as number;
      if (usable(ring, at)) out.add(time, ring.value[at] as number, null, null);
      else out.breakAt(time);
    }
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

const without = (gap: GapSpan, timeMs: number): boolean =>
  (gap.state === "open" || gap.state === "lost") && gap.start_ms <= timeMs && timeMs < (gap.end_ms ?? Infinity);

/** The value that held at the end of a range: its newest, unless that was bad or the data had ended. */
export function heldAtEnd(before: Buckets, endMs: number): number | null {
  const at = before.count.findLastIndex((count) => count > 0);
  if (at < 0 || before.worst[at] === QUALITY_BAD || before.gaps.some((gap) => without(gap, endMs))) return null;
  return before.last[at] ?? null;
}

/** The value that holds at `fromMs`: what history and ring have before it, or what held when history began. */
function heldAtStart(history: Buckets, seam: number, ring: SampleRing | null, fromMs: number): number | null {
  if (history.gaps.some((gap) => without(gap, fromMs))) return null;
  let held = history.held ?? null;
  history.start_ms.forEach((start, i) => {
    if (start + history.width_ms >= fromMs || start >= seam || (history.count[i] ?? 0) === 0) return;
    held = history.worst[i] === QUALITY_BAD ? null : (history.last[i] ?? null);
  });
  for (const at of ring === null ? [] : inOrder(ring, seam)) {
    if ((ring as SampleRing).time[at] as number >= fromMs) break;
    held = usable(ring as SampleRing, at) ? ((ring as SampleRing).value[at] as number) : null;
  }
  return held;
}

/** A range begins with what held then, unless a row of its own stands there. */
function beginWith(out: Builder, held: number | null, fromMs: number): void {
  if (held !== null) out.add(fromMs, held, null, null);
}

/**
 * Returns the columns from `fromMs` on; `historyToMs` is the end of the range the buckets were asked for, and
 * after `silenceMs` without a sample the line ends, as the value then was stale. Where a source sends changes only,
 * a value holds over more than `holdMs` without one, and from before the range where it is `carried` in.
 */
export function joinTrend(
  history: Buckets | null,
  historyToMs: number,
  ring: SampleRing,
  fromMs: number,
  silenceMs = Infinity,
  holdMs = Infinity,
  carried = false,
): TrendColumns {
  const widthMs = history?.width_ms ?? 0;
  const out = new Builder(Math.max(silenceMs, 2 * widthMs), Math.max(holdMs, 2 * widthMs));
  const seam = seamMs(history, historyToMs, ring);
  if (history !== null) {
    if (carried) beginWith(out, heldAtStart(history, seam, ring, fromMs), fromMs);
    history.start_ms.forEach((start, i) => {
      if (start < seam && start + history.width_ms >= fromMs) addCell(out, historyCell(history, i, seam));
    });
  }
  addTail(out, ring, Math.max(seam, fromMs), history?.width_ms ?? 1);
  return history !== null && history.gaps.length > 0 ? breakGaps(out, history.gaps) : out;
}

/** History alone as one line through every bucket's first, extreme and last value, so that spikes survive in it. */
export function spikeLine(history: Buckets, fromMs: number, silenceMs: number, holdMs: number): TrendColumns {
  const out = new Builder(Math.max(silenceMs, 2 * history.width_ms), Math.max(holdMs, 2 * history.width_ms));
  beginWith(out, history.held ?? null, fromMs);
  history.start_ms.forEach((_, i) => {
    addCell(out, historyCell(history, i, Infinity), Infinity);
  });
  return history.gaps.length > 0 ? breakGaps(out, history.gaps) : out;
}
