/** What the floor page shows of each machine, worked out from the live view at the pace of text. */

import { signal, type Signal } from "@preact/signals";
import { LatestTable, type Freshness } from "../../data/live/latest.ts";
import type { Frame } from "../../data/live/frames.ts";
import type { Column, SignalRole } from "../../data/live/protocol.ts";
import type { Subscription } from "../../data/live/subscription.ts";
import { stateClass, wordOf, type StateClass } from "../../data/plant/packml.ts";
import { sinceFromBuckets, sinceFromSample, type StateSince } from "../../data/plant/since.ts";
import { t } from "../i18n/index.ts";
import { age, dataAge, lag, number, since, title } from "../parts/format.ts";
import { onTextTick } from "./pace.ts";
import { live, phase, serverClock } from "./session.ts";
import { Spark } from "./spark.ts";
import { shownBuckets, subscribeShown } from "./units.ts";

/** A value as it is shown: text, how fresh, and its age where it is not. */
export interface Shown {
  readonly text: string;
  readonly freshness: Freshness;
  readonly age: string;
  /** As the source measured it, where it is shown in another unit. */
  readonly measured?: string;
}

export interface TileModel {
  readonly path: string;
  readonly name: string;
  /** Whether the machine has a signal that says what it does; a room has none. */
  readonly stateful: boolean;
  /** Nothing of it has a value that can be relied on. */
  readonly dark: boolean;
  readonly state: StateClass;
  readonly word: string;
  readonly since: string;
  readonly stateFreshness: Freshness;
  readonly speed: (Shown & { readonly unit: string; readonly target: string; readonly ratio: number | null }) | null;
  readonly good: Shown | null;
  readonly reject: Shown | null;
  readonly key: (Shown & { readonly label: string; readonly unit: string; readonly spark: string }) | null;
  /** Further measurements, for what has neither speed nor counters. */
  readonly others: readonly (Shown & { readonly label: string; readonly unit: string })[];
  /** From the source's time to the gateway's sending it; empty until something has been sent. */
  readonly latency: string;
  readonly ageText: string;
  /** What the age says: how old the newest value is, or since when nothing has changed. */
  readonly ageOf: "data" | "change";
  /** Values whose source is not connected. */
  readonly away: number;
  readonly stale: number;
  readonly signals: number;
}

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
const OTHERS_SHOWN = 3;

interface Machine {
  readonly path: string;
  readonly columns: number[];
  readonly byRole: Map<SignalRole, number>;
  since: StateSince | null;
  spark: Spark | null;
  readonly model: Signal<TileModel | null>;
  latencyMs: number;
  written: string;
}

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
          if (machine !== undefined) machine.since = merge(sinceFromBuckets(each), machine.since);
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
      const model = this.tile(machine, now);
      const written = JSON.stringify(model);
      if (written === machine.written) continue;
      machine.written = written;
      machine.model.value = model;
    }
  }

  private tile(machine: Machine, now: number): TileModel {
    const fresh = machine.columns.map((i) => this.table.freshness(i, now));
    const newest = Math.max(...machine.columns.map((i) => this.table.sourceMs[i] as number).filter((at) => !Number.isNaN(at)));
    const dark = phase.value !== "live" || fresh.every((each) => each !== "fresh");
    // The newest of several sources that only send changes tells when something changed, not how old data is.
    const changes = machine.columns.every((i) => (this.table.columns[i] as Column).stale_after_ms <= 0);
    return {
      path: machine.path,
      stateful: machine.byRole.has("state"),
      dark,
      name: title(machine.path.slice(machine.path.lastIndexOf("/") + 1)),
      ...this.state(machine, now),
      speed: this.speed(machine, now),
      good: this.shown(machine, "good_count", now),
      reject: this.shown(machine, "reject_count", now),
      key: this.key(machine, now),
      others: this.others(machine, now),
      ageOf: changes ? "change" : "data",
      latency: Number.isNaN(machine.latencyMs) ? "" : lag(Math.round(machine.latencyMs / 10) / 100),
      away: fresh.filter((each) => each === "away").length,
      ageText: Number.isFinite(newest) ? dataAge(now - newest) : "",
      stale: fresh.filter((each) => each !== "fresh" && each !== "away").length,
      signals: fresh.length,
    };
  }

  private state(machine: Machine, now: number): Pick<TileModel, "state" | "word" | "since" | "stateFreshness"> {
    const i = machine.byRole.get("state");
    const freshness = i === undefined ? "none" : this.table.freshness(i, now);
    if (i === undefined || freshness === "none") return { state: "none", word: "", since: "", stateFreshness: "none" };
    const column = this.table.columns[i] as Column;
    const value = this.table.value[i] as number;
    const word = wordOf(column, value, this.table.text.get(i));
    const stale = freshness !== "fresh" || phase.value !== "live";
    const known = machine.since;
    return {
      state: stale ? "none" : stateClass(word),
      word,
      since: known === null ? "" : since(now - known.sinceMs, known.certainty),
      stateFreshness: freshness,
    };
  }

  private shown(machine: Machine, role: SignalRole, now: number): Shown | null {
    const i = machine.byRole.get(role);
    return i === undefined ? null : showColumn(this.table, i, now);
  }

  private speed(machine: Machine, now: number): TileModel["speed"] {
    const i = machine.byRole.get("speed");
    if (i === undefined) return null;
    const target = machine.byRole.get("target_speed");
    const unit = (this.table.columns[i] as Column).unit;
    const shown = showColumn(this.table, i, now);
    if (target === undefined) return { ...shown, unit, target: "", ratio: null };
    const wanted = this.table.value[target] as number;
    const usable = shown.freshness === "fresh" && this.table.freshness(target, now) === "fresh" && wanted > 0;
    return {
      ...shown,
      unit,
      target: this.table.freshness(target, now) === "fresh" ? showColumn(this.table, target, now).text : "",
      ratio: usable ? Math.round(((this.table.value[i] as number) / wanted) * 1_000) / 1_000 : null,
    };
  }

  private others(machine: Machine, now: number): TileModel["others"] {
    if (machine.byRole.has("speed") || machine.byRole.has("good_count")) return [];
    return machine.columns
      .filter((i) => {
        const column = this.table.columns[i] as Column;
        return column.role === null && column.kind === "measurement" && column.data_type !== "array";
      })
      .slice(0, OTHERS_SHOWN)
      .map((i) => {
        const column = this.table.columns[i] as Column;
        return { ...showColumn(this.table, i, now), label: title(column.name), unit: column.unit };
      });
  }

  private key(machine: Machine, now: number): TileModel["key"] {
    const i = machine.byRole.get("key_value");
    if (i === undefined) return null;
    const column = this.table.columns[i] as Column;
    const shown = showColumn(this.table, i, now);
    const usable = shown.freshness === "fresh" ? (this.table.value[i] as number) : NaN;
    machine.spark?.add(this.table.sourceMs[i] as number, usable);
    return { ...shown, label: title(column.name), unit: column.unit, spark: machine.spark?.path(now) ?? "" };
  }
}

/** A column's newest value as it may be shown at this server time. */
export function showColumn(table: LatestTable, i: number, now: number): Shown {
  const column = table.columns[i] as Column;
  const freshness = table.freshness(i, now);
  if (freshness === "none") return { text: "", freshness, age: "" };
  const value = table.value[i] as number;
  const words = column.data_type === "enum" || column.data_type === "boolean" || table.text.has(i);
  const decimals = column.data_type === "integer" ? 0 : column.decimals;
  const plain = column.data_type === "boolean" && column.labels.length === 0 && !table.text.has(i);
  const text = plain
    ? t(value === 0 ? "value.no" : "value.yes")
    : words
      ? wordOf(column, value, table.text.get(i))
      : number(value, decimals);
  return {
    text,
    freshness,
    age: freshness === "fresh" ? "" : age(now - (table.sourceMs[i] as number)),
    ...measured(column, value),
  };
}

function measured(column: Column, value: number): { measured?: string } {
  const from = column.measured;
  if (from === undefined || Number.isNaN(value)) return {};
  const raw = number((value - from.by.offset) / from.by.factor, from.decimals);
  return { measured: t("value.measured", { value: raw, unit: from.unit }) };
}

/** History may come after live samples: a change seen live is newer and stays. */
function merge(history: StateSince | null, seen: StateSince | null): StateSince | null {
  if (history === null || seen === null) return seen ?? history;
  if (seen.certainty === "exact") return seen;
  // History saw the change: the live sample then only tells it more closely.
  if (history.value === seen.value && history.certainty === "about") {
    return { value: seen.value, sinceMs: Math.min(history.sinceMs, seen.sinceMs), certainty: "about" };
  }
  return history.value === seen.value && history.sinceMs < seen.sinceMs ? history : seen;
}
