/** The live view behind floor, kiosk, boards and lines: its machines, kept and repainted at the pace of text. */

import { signal, type Signal } from "@preact/signals";
import { LatestTable } from "../../data/live/latest.ts";
import type { Frame } from "../../data/live/frames.ts";
import type { Column, SignalRole } from "../../data/live/protocol.ts";
import type { Subscription } from "../../data/live/subscription.ts";
import { laterOf, sinceFromBuckets, sinceFromSample } from "../../data/plant/since.ts";
import { onTextTick } from "./pace.ts";
import { live, serverClock } from "./session.ts";
import { showColumn, type Shown } from "./shown.ts";
import { Spark } from "./spark.ts";
import { tile, type Machine, type TileModel } from "./tile.ts";
import { shownBuckets, subscribeShown } from "./units.ts";

/** What waits behind a machine: as shown, and how full the room is where the signal's range tells. */
export interface Buffer {
  readonly shown: Shown;
  readonly unit: string;
  readonly high: number | null;
  readonly share: number | null;
}

export interface LineModel {
  readonly path: string;
  readonly name: string;
  readonly machines: readonly string[];
}

const STATE_HISTORY_MS = 8 * 3_600_000;
/** Rows reach the historian a moment after the screen: what history lacked at first is read again. */
const HISTORY_AGAIN_MS = 15_000;

export class FloorStore {
  readonly lines = signal<readonly LineModel[] | null>(null);
  readonly refused = signal("");
  private readonly table = new LatestTable();
  private readonly machines = new Map<string, Machine>();
  /** The machine of each column. */
  private owners: Machine[] = [];
  private subscription: Subscription | null = null;
  private again: ReturnType<typeof setTimeout> | undefined;
  private stop: () => void = () => undefined;
  private readonly wanted: readonly string[] | null;

  /** `wanted` are the signals of a board; without them it holds what the floor shows. */
  constructor(wanted: readonly string[] | null = null) {
    this.wanted = wanted;
  }

  open(): void {
    if (this.wanted?.length === 0) {
      this.lines.value = [];
      return;
    }
    this.subscription = subscribeShown({
      ...(this.wanted === null ? { view: "floor" } : { view: "signals", signals: this.wanted }),
      mode: "latest",
      rate: 4,
      receiver: {
        columns: (columns) => {
          this.reset(columns);
        },
        frame: (frame) => {
          this.table.apply(frame);
          this.followLatency(frame);
          this.followStates();
        },
        text: (values) => {
          this.table.applyText(values);
        },
        refused: (heading, detail) => {
          this.refused.value = detail === "" ? heading : `${heading}: ${detail}`;
        },
      },
    });
    const stopTick = onTextTick(() => {
      this.update();
    });
    // Sparklines stand still while the tab is hidden: what they missed is in the history.
    const seen = (): void => {
      if (!document.hidden && this.lines.peek() !== null) void this.loadHistory();
    };
    document.addEventListener("visibilitychange", seen);
    this.stop = () => {
      stopTick();
      document.removeEventListener("visibilitychange", seen);
    };
  }

  close(): void {
    if (this.subscription !== null) live.unsubscribe(this.subscription);
    this.subscription = null;
    this.stop();
    clearTimeout(this.again);
    this.machines.clear();
    this.table.reset([]);
  }

  model(machine: string): Signal<TileModel | null> | null {
    return this.machines.get(machine)?.model ?? null;
  }

  /** What waits behind a machine, where a signal tells. */
  buffer(machine: string): Buffer | null {
    const i = this.machines.get(machine)?.byRole.get("outfeed_level");
    if (i === undefined) return null;
    const { unit, low, high } = this.table.columns[i] as Column;
    const shown = showColumn(this.table, i, serverClock.now());
    const value = this.table.value[i] as number;
    const share = high === null || Number.isNaN(value) ? null : (value - (low ?? 0)) / (high - (low ?? 0));
    return { shown, unit, high, share };
  }

  /** A signal as it may be shown now, with what describes it; null where the gateway does not know it. */
  signal(path: string): { readonly column: Column; readonly shown: Shown } | null {
    const i = this.table.index.get(path);
    if (i === undefined) return null;
    return { column: this.table.columns[i] as Column, shown: showColumn(this.table, i, serverClock.now()) };
  }

  private reset(columns: readonly Column[]): void {
    this.table.reset(columns);
    const old = new Map(this.machines);
    this.machines.clear();
    this.owners = [];
    columns.forEach((column, i) => {
      const machine = this.machines.get(column.machine) ?? this.machineFrom(column.machine, old);
      machine.columns.push(i);
      this.owners[i] = machine;
      if (column.role !== null && !machine.byRole.has(column.role)) machine.byRole.set(column.role, i);
    });
    const lines = new Map<string, string[]>();
    for (const path of this.machines.keys()) {
      const line = path.slice(0, path.lastIndexOf("/"));
      lines.set(line, [...(lines.get(line) ?? []), path]);
    }
    this.lines.value = [...lines].map(([path, machines]) => ({ path, name: path.split("/").slice(1).join(" / "), machines }));
    this.refused.value = "";
    void this.loadHistory();
    clearTimeout(this.again);
    this.again = setTimeout(() => void this.loadHistory(), HISTORY_AGAIN_MS);
  }

  private machineFrom(path: string, old: ReadonlyMap<string, Machine>): Machine {
    const model = old.get(path)?.model ?? signal<TileModel | null>(null);
    // The sparkline stays when the columns come again after a reconnect; since when the state holds does not.
    const spark = old.get(path)?.spark ?? null;
    const machine: Machine = { path, columns: [], byRole: new Map(), since: null, spark, model, latencyMs: NaN, written: "" };
    this.machines.set(path, machine);
    return machine;
  }

  /** Reads since when each state holds, and the start of each sparkline; without it both grow from now. */
  private async loadHistory(): Promise<void> {
    const now = serverClock.now();
    const paths = (role: SignalRole): string[] =>
      [...this.machines.values()].flatMap((machine) => this.path(machine, role) ?? []);
    const owner = new Map<string, Machine>();
    for (const machine of this.machines.values()) {
      for (const i of machine.columns) owner.set((this.table.columns[i] as Column).path, machine);
    }
    for (const machine of this.machines.values()) {
      const key = machine.byRole.get("key_value");
      const limited = key !== undefined && (this.table.columns[key] as Column).stale_after_ms > 0;
      machine.spark ??= key === undefined ? null : new Spark(limited ? "breaks" : "holds");
    }
    try {
      const states = paths("state");
      if (states.length > 0) {
        for (const each of await shownBuckets(states, now - STATE_HISTORY_MS, now, 960)) {
          const machine = owner.get(each.signal);
          if (machine !== undefined) machine.since = laterOf(sinceFromBuckets(each), machine.since);
        }
      }
      const keys = paths("key_value");
      if (keys.length > 0) {
        for (const each of await shownBuckets(keys, now - Spark.spanMs, now, 100)) owner.get(each.signal)?.spark?.fill(each);
      }
    } catch (error) {
      // Without history nothing is wrong on screen: times say "more than", sparklines start now.
      console.info("floor: no history", error);
    }
  }

  /** How old rows were when the gateway sent them: the newest row of each machine in the frame tells. */
  private followLatency(frame: Frame): void {
    if (frame.kind === "full" || frame.column === null) return;
    const newest = new Map<Machine, number>();
    frame.column.forEach((column, row) => {
      const machine = this.owners[column];
      const at = frame.sourceMs[row] as number;
      if (machine !== undefined && at > (newest.get(machine) ?? -Infinity)) newest.set(machine, at);
    });
    for (const [machine, at] of newest) machine.latencyMs = Math.max(0, frame.serverMs - at);
  }

  /** With every frame, not with every repaint: a hidden tab must not miss when a state began. */
  private followStates(): void {
    for (const machine of this.machines.values()) {
      const i = machine.byRole.get("state");
      const value = i === undefined ? NaN : (this.table.value[i] as number);
      if (Number.isNaN(value)) continue;
      machine.since = sinceFromSample(machine.since, value, this.table.sourceMs[i as number] as number);
    }
  }

  private path(machine: Machine, role: SignalRole): string | null {
    const i = machine.byRole.get(role);
    return i === undefined ? null : (this.table.columns[i] as Column).path;
  }

  private update(): void {
    const now = serverClock.now();
    if (Number.isNaN(now)) return;
    for (const machine of this.machines.values()) {
      const model = tile(this.table, machine, now);
      const written = JSON.stringify(model);
      if (written === machine.written) continue;
      machine.written = written;
      machine.model.value = model;
    }
  }
}
