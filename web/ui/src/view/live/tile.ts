/** A machine of the live view, and the tile made of its newest values. */

import type { Signal } from "@preact/signals";
import type { LatestTable, Freshness } from "../../data/live/latest.ts";
import type { Column, SignalRole } from "../../data/live/protocol.ts";
import { stateClass, wordOf, type StateClass } from "../../data/plant/packml.ts";
import type { StateSince } from "../../data/plant/since.ts";
import { dataAge, lag, since, title } from "../parts/format.ts";
import { phase } from "./session.ts";
import { showColumn, type Shown } from "./shown.ts";
import type { Spark } from "./spark.ts";

const OTHERS_SHOWN = 3;

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

/** What is followed of a machine: its columns by role, since when its state holds, its sparkline. */
export interface Machine {
  readonly path: string;
  readonly columns: number[];
  readonly byRole: Map<SignalRole, number>;
  since: StateSince | null;
  spark: Spark | null;
  readonly model: Signal<TileModel | null>;
  latencyMs: number;
  written: string;
}

/** The tile as it should be drawn now; the sparkline takes the newest value on the way. */
export function tile(table: LatestTable, machine: Machine, now: number): TileModel {
  const fresh = machine.columns.map((i) => table.freshness(i, now));
  const newest = Math.max(...machine.columns.map((i) => table.sourceMs[i] as number).filter((at) => !Number.isNaN(at)));
  const dark = phase.value !== "live" || fresh.every((each) => each !== "fresh");
  // The newest of several sources that only send changes tells when something changed, not how old data is.
  const changes = machine.columns.every((i) => (table.columns[i] as Column).stale_after_ms <= 0);
  return {
    path: machine.path,
    stateful: machine.byRole.has("state"),
    dark,
    name: title(machine.path.slice(machine.path.lastIndexOf("/") + 1)),
    ...stateOf(table, machine, now),
    speed: speedOf(table, machine, now),
    good: counterOf(table, machine, "good_count", now),
    reject: counterOf(table, machine, "reject_count", now),
    key: keyOf(table, machine, now),
    others: othersOf(table, machine, now),
    ageOf: changes ? "change" : "data",
    latency: Number.isNaN(machine.latencyMs) ? "" : lag(Math.round(machine.latencyMs / 10) / 100),
    away: fresh.filter((each) => each === "away").length,
    ageText: Number.isFinite(newest) ? dataAge(now - newest) : "",
    stale: fresh.filter((each) => each !== "fresh" && each !== "away").length,
    signals: fresh.length,
  };
}

function stateOf(table: LatestTable, machine: Machine, now: number): Pick<TileModel, "state" | "word" | "since" | "stateFreshness"> {
  const i = machine.byRole.get("state");
  const freshness = i === undefined ? "none" : table.freshness(i, now);
  if (i === undefined || freshness === "none") return { state: "none", word: "", since: "", stateFreshness: "none" };
  const column = table.columns[i] as Column;
  const value = table.value[i] as number;
  const word = wordOf(column, value, table.text.get(i));
  const stale = freshness !== "fresh" || phase.value !== "live";
  const known = machine.since;
  return {
    state: stale ? "none" : stateClass(word),
    word,
    since: known === null ? "" : since(now - known.sinceMs, known.certainty),
    stateFreshness: freshness,
  };
}

function counterOf(table: LatestTable, machine: Machine, role: SignalRole, now: number): Shown | null {
  const i = machine.byRole.get(role);
  return i === undefined ? null : showColumn(table, i, now);
}

function speedOf(table: LatestTable, machine: Machine, now: number): TileModel["speed"] {
  const i = machine.byRole.get("speed");
  if (i === undefined) return null;
  const target = machine.byRole.get("target_speed");
  const unit = (table.columns[i] as Column).unit;
  const shown = showColumn(table, i, now);
  if (target === undefined) return { ...shown, unit, target: "", ratio: null };
  const wanted = table.value[target] as number;
  const usable = shown.freshness === "fresh" && table.freshness(target, now) === "fresh" && wanted > 0;
  return {
    ...shown,
    unit,
    target: table.freshness(target, now) === "fresh" ? showColumn(table, target, now).text : "",
    ratio: usable ? Math.round(((table.value[i] as number) / wanted) * 1_000) / 1_000 : null,
  };
}

function othersOf(table: LatestTable, machine: Machine, now: number): TileModel["others"] {
  if (machine.byRole.has("speed") || machine.byRole.has("good_count")) return [];
  return machine.columns
    .filter((i) => {
      const column = table.columns[i] as Column;
      return column.role === null && column.kind === "measurement" && column.data_type !== "array";
    })
    .slice(0, OTHERS_SHOWN)
    .map((i) => {
      const column = table.columns[i] as Column;
      return { ...showColumn(table, i, now), label: title(column.name), unit: column.unit };
    });
}

function keyOf(table: LatestTable, machine: Machine, now: number): TileModel["key"] {
  const i = machine.byRole.get("key_value");
  if (i === undefined) return null;
  const column = table.columns[i] as Column;
  const shown = showColumn(table, i, now);
  const usable = shown.freshness === "fresh" ? (table.value[i] as number) : NaN;
  machine.spark?.add(table.sourceMs[i] as number, usable);
  return { ...shown, label: title(column.name), unit: column.unit, spark: machine.spark?.path(now) ?? "" };
}
