/** One machine as its page shows it: newest values, samples since the page opened, and history by REST. */

import { signal } from "@preact/signals";
import { LatestTable } from "../../data/live/latest.ts";
import type { Column } from "../../data/live/protocol.ts";
import { SampleRing } from "../../data/live/ring.ts";
import type { Subscription } from "../../data/live/subscription.ts";
import { sinceFromBuckets, sinceFromSample, type StateSince } from "../../data/plant/since.ts";
import { stateRows, type StateRow } from "../../data/plant/states.ts";
import { rows } from "../../data/rest/api.ts";
import type { Buckets, GapSpan } from "../../data/rest/model.ts";
import { heldBuckets } from "./held.ts";
import { onTextTick } from "./pace.ts";
import { live, phase, serverClock } from "./session.ts";
import { shownBuckets, subscribeShown } from "./units.ts";

const RING_SAMPLES = 8_192;
const STATE_HISTORY_MS = 8 * 3_600_000;
const HISTORY_PX = 400;
const STATE_ROWS = 5_000;
const STATE_RING = 2_048;
/** How far before the window the state at its beginning is looked for. */
const STATE_BEFORE_MS = 7 * 86_400_000;

/** A numeric signal with a trend of its own. */
export interface Trend {
  readonly column: Column;
  readonly number: number;
  readonly ring: SampleRing;
  history: Buckets | null;
}

const NUMERIC = new Set(["float", "integer"]);
const DRAWN = new Set(["measurement", "setpoint"]);

/** What is known of the state over the window: its rows, where it has gaps, and whether rows had to be left out. */
export interface StateTrack {
  readonly rows: readonly StateRow[];
  readonly gaps: readonly GapSpan[];
  readonly complete: boolean;
}

export class MachineStore {
  readonly table = new LatestTable();
  readonly trends = signal<readonly Trend[] | null>(null);
  readonly refused = signal("");
  readonly leftOut = signal(false);
  readonly historyError = signal("");
  readonly states = signal<StateTrack | null>(null);
  /** State samples since the page was opened. */
  readonly stateRing = new SampleRing(STATE_RING);
  /** Charts on screen by signal path, for pictures of them. */
  readonly charts = new Map<string, { readonly picture: () => HTMLCanvasElement }>();
  since: StateSince | null = null;
  /** The end of the range the history was asked for. */
  historyToMs = 0;
  private windowMs: number;
  /** The end of a range that stands still, or null while the window follows the clock. */
  private endMs: number | null = null;
  private loading = false;
  private again = false;
  private loadAtMs = 0;
  private closed = false;
  private readonly view: string;
  private subscriptions: readonly Subscription[] = [];
  private stops: readonly (() => void)[] = [];

  constructor(machine: string, windowMs: number) {
    this.windowMs = windowMs;
    this.view = `machine/${machine}`;
  }

  open(): void {
    const view = this.view;
    this.subscriptions = [
      subscribeShown({
        view,
        mode: "latest",
        rate: 4,
        receiver: {
          columns: (columns) => {
            this.reset(columns);
          },
          frame: (frame) => {
            this.table.apply(frame);
            this.followState();
          },
          text: (values) => {
            this.table.applyText(values);
          },
          refused: (title, detail) => {
            this.refused.value = detail === "" ? title : `${title}: ${detail}`;
          },
        },
      }),
      subscribeShown({
        view,
        mode: "series",
        rate: 10,
        receiver: {
          columns: (columns) => {
            this.seriesColumns = columns;
          },
          frame: (frame) => {
            if (frame.rowsLeftOut) this.leftOut.value = true;
            this.keep(frame.column as Uint16Array, frame.sourceMs, frame.value, frame.quality);
          },
        },
      }),
    ];
    let before = phase.peek();
    this.stops = [
      onTextTick(() => {
        if (performance.now() >= this.loadAtMs && phase.peek() === "live") void this.load();
      }),
      phase.subscribe((now) => {
        // What was missed meanwhile is in the history.
        if (now === "live" && before !== "live") this.forget();
        before = now;
      }),
    ];
  }

  private seriesColumns: readonly Column[] = [];
  private byPath = new Map<string, Trend>();
  private statePath: string | null = null;

  close(): void {
    this.closed = true;
    for (const subscription of this.subscriptions) live.unsubscribe(subscription);
    for (const stop of this.stops) stop();
    this.byPath.clear();
    this.trends.value = null;
    this.table.reset([]);
  }

  setRange(windowMs: number, endMs: number | null): void {
    if (windowMs === this.windowMs && endMs === this.endMs) return;
    this.windowMs = windowMs;
    this.endMs = endMs;
    this.loadAtMs = 0;
  }

  private reset(columns: readonly Column[]): void {
    this.refused.value = "";
    this.table.reset(columns);
    // What the state did while nothing was heard is not known.
    this.since = null;
    const old = this.byPath;
    this.byPath = new Map();
    columns.forEach((column, number) => {
      if (!DRAWN.has(column.kind) || !NUMERIC.has(column.data_type)) return;
      const kept = old.get(column.path);
      const ring = kept?.ring ?? new SampleRing(RING_SAMPLES);
      this.byPath.set(column.path, { column, number, ring, history: kept?.history ?? null });
    });
    this.statePath = columns[this.stateColumn()]?.path ?? null;
    this.trends.value = [...this.byPath.values()];
    this.loadAtMs = 0;
  }

  private keep(column: Uint16Array, sourceMs: Float64Array, value: Float64Array, quality: Uint8Array): void {
    for (let row = 0; row < column.length; row += 1) {
      const path = this.seriesColumns[column[row] as number]?.path;
      if (path === undefined) throw new RangeError(`no column ${String(column[row])}`);
      if (path === this.statePath) this.stateRing.push(sourceMs[row] as number, value[row] as number, quality[row] as number);
      this.byPath.get(path)?.ring.push(sourceMs[row] as number, value[row] as number, quality[row] as number);
    }
  }

  private forget(): void {
    for (const trend of this.byPath.values()) trend.ring.clear();
    this.stateRing.clear();
    this.leftOut.value = false;
    this.loadAtMs = 0;
  }

  stateColumn(): number {
    return this.table.columns.findIndex((column) => column.role === "state");
  }

  private followState(): void {
    const i = this.stateColumn();
    const value = i < 0 ? NaN : (this.table.value[i] as number);
    if (!Number.isNaN(value)) this.since = sinceFromSample(this.since, value, this.table.sourceMs[i] as number);
  }

  /** Reads history now, and plans the next time: soon after the first, so that late rows are in it. */
  private async load(): Promise<void> {
    if (this.loading) {
      this.again = true;
      return;
    }
    const trends = this.trends.peek();
    const now = serverClock.now();
    if (trends === null || Number.isNaN(now)) return;
    this.loading = true;
    const first = this.loadAtMs === 0;
    const pauseMs = Math.min(Math.max(this.windowMs / 20, 15_000), 120_000);
    this.loadAtMs = performance.now() + (first ? 6_000 : pauseMs);
    try {
      await this.fetch(trends, Math.min(now, this.endMs ?? now));
      this.historyError.value = "";
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.historyError.value = error.message;
    } finally {
      this.loading = false;
      if (this.again) this.loadAtMs = 0;
      this.again = false;
    }
  }

  /** Reads the window that ends at `toMs`. */
  private async fetch(trends: readonly Trend[], toMs: number): Promise<void> {
    const now = serverClock.now();
    const state = this.stateColumn();
    if (this.since === null || this.since.certainty === "at_least") {
      const path = this.table.columns[state]?.path;
      const [found] = path === undefined ? [] : await shownBuckets([path], now - STATE_HISTORY_MS, now, 2_000);
      const known = found === undefined ? null : sinceFromBuckets(found);
      if (known !== null && (this.since === null || known.value === this.since.value)) this.since = known;
    }
    const windowMs = this.windowMs;
    const columns = trends.map((trend) => trend.column);
    const found = columns.length === 0 ? [] : await heldBuckets(columns, toMs - windowMs * 1.02, toMs, HISTORY_PX);
    if (this.closed || windowMs !== this.windowMs) return;
    for (const each of found) {
      const trend = this.byPath.get(each.signal);
      if (trend !== undefined) trend.history = each;
    }
    this.historyToMs = toMs;
    await this.fetchStates(toMs, windowMs);
  }

  private async fetchStates(now: number, windowMs: number): Promise<void> {
    const path = this.statePath;
    if (path === null) return;
    const from = now - windowMs * 1.02;
    const [before, found, gaps] = await Promise.all([
      shownBuckets([path], from - STATE_BEFORE_MS, from, 1),
      rows(path, from, now, STATE_ROWS),
      shownBuckets([path], from, now, 1),
    ]);
    const held = before[0]?.last.at(-1) ?? null;
    let list = stateRows(found);
    if (found.truncated) {
      // More changes than can be drawn: what each bucket ended with stands for it.
      const coarse = (await shownBuckets([path], from, now, STATE_ROWS / 2))[0];
      list = (coarse?.start_ms ?? []).map((timeMs, i) => ({ timeMs, value: coarse?.last[i] ?? null }));
    }
    if (this.closed || windowMs !== this.windowMs) return;
    const start = held === null ? [] : [{ timeMs: from - 1, value: held }];
    this.states.value = { rows: [...start, ...list], gaps: gaps[0]?.gaps ?? [], complete: !found.truncated };
  }
}
