/** A sparkline of the last ten minutes in bins of six seconds: bounded, broken where there was no good value. */

import type { Buckets } from "../../data/rest/model.ts";

const BIN_MS = 6_000;
const BINS = 100;
/** Empty bins after which a line ends. */
const PATIENCE_BINS = 10;
const WIDTH = 100;
const HEIGHT = 24;

export class Spark {
  static readonly spanMs = BIN_MS * BINS;
  private readonly bins = new Float64Array(BINS).fill(NaN);
  private readonly stamps = new Float64Array(BINS).fill(NaN);

  private readonly patience: number;

  constructor(silence: "breaks" | "holds") {
    this.patience = silence === "breaks" ? PATIENCE_BINS : Infinity;
  }

  /** Keeps the newest value of each bin; NaN where the value cannot be used. */
  add(timeMs: number, value: number): void {
    if (Number.isNaN(timeMs)) return;
    const bin = Math.floor(timeMs / BIN_MS);
    this.bins[bin % BINS] = value;
    this.stamps[bin % BINS] = bin;
  }

  /** Fills bins that live values have not reached yet. */
  fill(history: Buckets): void {
    history.start_ms.forEach((start, i) => {
      const bin = Math.floor((start + history.width_ms / 2) / BIN_MS);
      const held = this.stamps[bin % BINS] as number;
      if (held >= bin) return;
      this.bins[bin % BINS] = history.last[i] ?? NaN;
      this.stamps[bin % BINS] = bin;
    });
  }

  /** The line as an SVG path in a box of 100 by 24; empty where fewer than two values are known. */
  path(nowMs: number): string {
    const last = Math.floor(nowMs / BIN_MS);
    const points: [number, number][] = [];
    for (let bin = last - BINS + 1; bin <= last; bin += 1) {
      const at = ((bin % BINS) + BINS) % BINS;
      const value = this.stamps[at] === bin ? (this.bins[at] as number) : NaN;
      points.push([bin - (last - BINS + 1), value]);
    }
    const known = points.map(([, value]) => value).filter((value) => !Number.isNaN(value));
    if (known.length < 2) return "";
    const low = Math.min(...known);
    const range = Math.max(...known) - low || 1;
    let line = "";
    let pen = false;
    let missing = 0;
    for (const [x, value] of points) {
      const bin = last - BINS + 1 + x;
      const bad = Number.isNaN(value) && this.stamps[((bin % BINS) + BINS) % BINS] === bin;
      missing = Number.isNaN(value) ? missing + 1 : 0;
      // Slow signals leave bins empty: a bad value breaks the line at once, silence after a minute, or
      // never where the source sends changes only.
      if (bad || missing > this.patience) pen = false;
      if (Number.isNaN(value)) continue;
      const y = HEIGHT - 2 - ((value - low) / range) * (HEIGHT - 4);
      line += `${pen ? "L" : "M"}${((x / (BINS - 1)) * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
      pen = true;
    }
    const [x, y] = points.at(-1) as [number, number];
    // A value that holds reaches to now.
    if (pen && Number.isNaN(y) && this.patience === Infinity) line += `H${((x / (BINS - 1)) * WIDTH).toFixed(1)}`;
    return line;
  }
}
