/** The newest value of each column of a view, as typed arrays that frames are written into. */

import type { Frame } from "./frames.ts";
import { QUALITY_AWAY, QUALITY_BAD, type Column, type TextValue } from "./protocol.ts";

/** `away`: the signal's source is not connected, and the value is the last known one. */
export type Freshness = "fresh" | "stale" | "bad" | "away" | "none";

export class LatestTable {
  columns: readonly Column[] = [];
  value = new Float64Array(0);
  sourceMs = new Float64Array(0);
  quality = new Uint8Array(0);
  readonly text = new Map<number, TextValue>();
  /** Column number by signal path. */
  readonly index = new Map<string, number>();

  /** Starts over with these columns: nothing has been seen of any yet. */
  reset(columns: readonly Column[]): void {
    this.columns = columns;
    this.value = new Float64Array(columns.length).fill(NaN);
    this.sourceMs = new Float64Array(columns.length).fill(NaN);
    this.quality = new Uint8Array(columns.length);
    this.text.clear();
    this.index.clear();
    columns.forEach((column, i) => this.index.set(column.path, i));
  }

  /** Writes a frame; a row of a column that does not exist is a broken frame and is refused by RangeError. */
  apply(frame: Frame): void {
    const n = frame.value.length;
    if (frame.column === null && n !== this.columns.length) {
      throw new RangeError(`full frame of ${String(n)} rows for ${String(this.columns.length)} columns`);
    }
    for (let row = 0; row < n; row += 1) {
      const column = frame.column === null ? row : (frame.column[row] as number);
      if (column >= this.columns.length) throw new RangeError(`no column ${String(column)}`);
      // A late row must not overwrite a newer one.
      if (frame.kind === "series" && (this.sourceMs[column] as number) > (frame.sourceMs[row] as number)) continue;
      this.value[column] = frame.value[row] as number;
      this.sourceMs[column] = frame.sourceMs[row] as number;
      this.quality[column] = frame.quality[row] as number;
    }
  }

  applyText(values: Readonly<Record<string, TextValue>>): void {
    for (const [column, value] of Object.entries(values)) this.text.set(Number(column), value);
  }

  /** Says whether a value may be shown as present at this server time. */
  freshness(column: number, serverMs: number): Freshness {
    const source = this.sourceMs[column];
    if (source === undefined || Number.isNaN(source)) return "none";
    if (this.quality[column] === QUALITY_AWAY) return "away";
    if (this.quality[column] === QUALITY_BAD) return "bad";
    // Without a limit a value is sent when it changes, and holds until it does.
    const limit = this.columns[column]?.stale_after_ms ?? 0;
    return limit > 0 && serverMs - source > limit ? "stale" : "fresh";
  }
}
