/** The history that a view of explore shows, in display units: buckets by pixel for the lines, one exact bucket for statistics. */

import type { Column } from "../../data/live/protocol.ts";
import { spikeLine } from "../../data/plant/trend.ts";
import type { Buckets } from "../../data/rest/model.ts";
import type { Line } from "../chart/overlaid.ts";
import { heldBuckets, holds } from "../live/held.ts";
import { shownBuckets } from "../live/units.ts";
import { backMs, type View } from "./view.ts";

const HOLD_MS = 1_000;

export interface Statistics {
  readonly count: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly mean: number | null;
  readonly first: number | null;
  readonly last: number | null;
}

export interface Shown {
  readonly column: Column;
  readonly place: number;
  readonly now: Buckets | undefined;
  readonly before: Buckets | undefined;
  readonly statistics: Statistics;
  readonly earlier: Statistics | null;
}

export interface Found {
  readonly fromMs: number;
  readonly toMs: number;
  readonly shown: readonly Shown[];
}

/** Sums one signal's buckets; exact where they are one bucket of the range asked for. */
export function statistics(of: Buckets | undefined): Statistics {
  const values = (list: readonly (number | null)[] | undefined): number[] => (list ?? []).filter((each) => each !== null);
  const counts = of?.count ?? [];
  const means = of?.mean ?? [];
  const usable = counts.map((count, i) => ((means[i] ?? null) === null ? 0 : count));
  const rows = usable.reduce((sum, each) => sum + each, 0);
  const low = values(of?.low);
  const high = values(of?.high);
  return {
    count: counts.reduce((sum, each) => sum + each, 0),
    low: low.length === 0 ? null : Math.min(...low),
    high: high.length === 0 ? null : Math.max(...high),
    mean: rows === 0 ? null : usable.reduce((sum, each, i) => sum + each * (means[i] ?? 0), 0) / rows,
    first: values(of?.first)[0] ?? null,
    last: values(of?.last).at(-1) ?? null,
  };
}

export async function find(view: View, columns: readonly Column[], nowMs: number, px: number): Promise<Found> {
  const toMs = view.toMs ?? nowMs;
  const fromMs = toMs - view.windowMs;
  const back = backMs(view);
  const paths = columns.map((column) => column.path);
  const [partFrom, partTo] = view.selection ?? [fromMs, toMs];
  const earlier = back > 0;
  const none: readonly Buckets[] = [];
  if (paths.length === 0) return { fromMs, toMs, shown: [] };
  const [now, before, exact, exactBefore] = await Promise.all([
    heldBuckets(columns, fromMs, toMs, px),
    earlier ? heldBuckets(columns, fromMs - back, toMs - back, px) : none,
    shownBuckets(paths, partFrom, partTo, 1),
    earlier ? shownBuckets(paths, partFrom - back, partTo - back, 1) : none,
  ]);
  const shown = columns.map((column, place) => ({
    column,
    place,
    now: now[place],
    before: before[place],
    statistics: statistics(exact[place]),
    earlier: earlier ? statistics(exactBefore[place]) : null,
  }));
  return { fromMs, toMs, shown };
}

function line(of: Buckets, shown: Shown, period: Line["period"], fromMs: number, shiftMs: number): Line {
  const { column } = shown;
  const stepped = column.kind === "setpoint" || column.kind === "state" || column.data_type === "enum" || column.data_type === "boolean";
  const changes = holds(column);
  const columns = spikeLine(of, fromMs - shiftMs, changes ? Infinity : column.stale_after_ms, changes && !stepped ? HOLD_MS : Infinity);
  const time = shiftMs === 0 ? columns.time : columns.time.map((each) => each + shiftMs);
  return { time, value: columns.value, place: shown.place, period, shape: stepped ? "stepped" : "straight" };
}

/** The lines of a range that begins at `fromMs`, and beside them those of the period `back` before it. */
export function linesOf(group: readonly Shown[], fromMs: number, back: number): Line[] {
  return group.flatMap((each) => [
    ...(each.before === undefined ? [] : [line(each.before, each, "before", fromMs, back)]),
    ...(each.now === undefined ? [] : [line(each.now, each, "now", fromMs, 0)]),
  ]);
}

/** The value of a line at a moment: its newest point before it, unless the line is broken there. */
export function valueAt(line_: Line, timeMs: number): number | null {
  let low = 0;
  let high = line_.time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line_.time[middle] as number) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (line_.value[low - 1] ?? null);
}
