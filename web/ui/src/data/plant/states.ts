/** What a machine's state was over a stretch of time, from rows of its state signal, gaps and silence. */

import type { GapSpan, Rows } from "../rest/model.ts";
import { QUALITY_BAD } from "../live/protocol.ts";

/** From `fromMs` until `toMs` the state was `value`; null where it is not known. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: number | null;
}

export interface StateRow {
  readonly timeMs: number;
  /** Null where the row's value cannot be used. */
  readonly value: number | null;
}

export function stateRows(rows: Rows): StateRow[] {
  return rows.source_ms.map((timeMs, i) => {
    const value = rows.value[i] ?? null;
    return { timeMs, value: (rows.quality[i] ?? 0) >= QUALITY_BAD ? null : value };
  });
}

/** When the state stops being known after each row: at a gap of the ledger, or after too long a silence. */
function knownUntil(fromMs: number, nextMs: number, gaps: readonly GapSpan[], silenceMs: number): number {
  let end = Math.min(nextMs, fromMs + silenceMs);
  for (const gap of gaps) {
    const broken = gap.state === "open" || gap.state === "lost";
    if (broken && gap.start_ms >= fromMs && gap.start_ms < end) end = gap.start_ms;
  }
  return end;
}

/**
 * Returns stretches without holes from `fromMs` to `toMs`, neighbours differing; rows may come in any order, and the
 * last one before `fromMs` says what the state was there. A state is unknown after `silenceMs` without a row.
 */
export function stretches(
  rows: readonly StateRow[],
  gaps: readonly GapSpan[],
  fromMs: number,
  toMs: number,
  silenceMs = Infinity,
): Stretch[] {
  const ordered = [...rows].filter((row) => row.timeMs < toMs).sort((a, b) => a.timeMs - b.timeMs);
  const out: Stretch[] = [];
  const add = (from: number, to: number, value: number | null): void => {
    const [start, end] = [Math.max(from, fromMs), Math.min(to, toMs)];
    if (end <= start) return;
    const before = out.at(-1);
    if (before !== undefined && before.value === value) out[out.length - 1] = { ...before, toMs: end };
    else out.push({ fromMs: start, toMs: end, value });
  };
  add(fromMs, ordered[0]?.timeMs ?? toMs, null);
  ordered.forEach((row, i) => {
    const next = ordered[i + 1]?.timeMs ?? toMs;
    const end = row.value === null ? next : knownUntil(row.timeMs, next, gaps, silenceMs);
    add(row.timeMs, end, row.value);
    add(end, next, null);
  });
  return out;
}

/** How long each value held, longest first; what is not known is null. */
export function totals(of: readonly Stretch[]): { readonly value: number | null; readonly ms: number }[] {
  const sums = new Map<number | null, number>();
  for (const each of of) sums.set(each.value, (sums.get(each.value) ?? 0) + each.toMs - each.fromMs);
  return [...sums].map(([value, ms]) => ({ value, ms })).sort((a, b) => b.ms - a.ms);
}

/** A stretch as it is drawn: several that are too short to be seen become one of the value `"several"`. */
export interface Drawn {
  readonly fromMs: number;
  readonly toMs: number;
  readonly value: number | null | "several";
}

export function drawn(of: readonly Stretch[], smallestMs: number): Drawn[] {
  const out: Drawn[] = [];
  for (const each of of) {
    const before = out.at(-1);
    const short = each.toMs - each.fromMs < smallestMs;
    if (short && before !== undefined && (before.value === "several" || before.toMs - before.fromMs < smallestMs)) {
      out[out.length - 1] = { fromMs: before.fromMs, toMs: each.toMs, value: "several" };
    } else out.push(each);
  }
  return out;
}
