/** One machine of a line as drawing and table show it: live state, flow, standing and the buffer behind it. */

import type { LineFlow, MachineFlow } from "../../data/rest/line-flow.ts";
import type { OpenAlarm } from "../../data/rest/open-alarms.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { t } from "../i18n/index.ts";
import type { Buffer, FloorStore } from "../live/floor.ts";
import type { TileModel } from "../live/tile.ts";
import { alarmsOf } from "../live/open-alarms.ts";
import { number, title } from "../parts/format.ts";

export interface Stop {
  readonly path: string;
  readonly name: string;
  readonly model: TileModel | null;
  readonly flow: MachineFlow | undefined;
  readonly standing: Standing | undefined;
  readonly alarms: readonly OpenAlarm[];
  readonly bottleneck: boolean;
  /** What waits behind it for the next machine; null where no signal tells, or at the end of the line. */
  readonly buffer: Buffer | null;
}

const short = (path: string): string => title(path.slice(path.lastIndexOf("/") + 1));

/** The machines in the order of flow where that is known, else as the floor has them. */
export function stops(
  machines: readonly string[],
  flow: LineFlow | null,
  standings: ReadonlyMap<string, Standing>,
  store: FloorStore,
  alarms: readonly OpenAlarm[],
): Stop[] {
  const ordered = flow?.ordered === true ? flow.machines.map((each) => each.machine) : machines;
  return ordered.map((path, i) => ({
    path,
    name: short(path),
    model: store.model(path)?.value ?? null,
    flow: flow?.machines.find((each) => each.machine === path),
    standing: standings.get(path),
    alarms: alarmsOf(alarms, path),
    bottleneck: flow !== null && flow.bottleneck === path,
    buffer: i + 1 < ordered.length ? store.buffer(path) : null,
  }));
}

/** Why a machine waits, and for whom; empty while it does not. */
export function waiting(stop: Stop): string {
  const flow = stop.flow;
  if (flow === undefined || flow.wait === "") return "";
  const word = t(`flow.${flow.wait}`);
  return flow.root === "" || flow.root === stop.path ? word : t("flow.because", { what: word, root: short(flow.root) });
}

/** Seconds a piece takes against those there are for it. */
export function pace(stop: Stop): string {
  const cycle = stop.flow?.cycle_s ?? null;
  const takt = stop.flow?.takt_s ?? null;
  if (cycle === null) return "";
  const seconds = t("line.seconds", { n: number(cycle, cycle < 10 ? 2 : 1) });
  return takt === null ? seconds : t("line.of_takt", { cycle: seconds, takt: t("line.seconds", { n: number(takt, takt < 10 ? 2 : 1) }) });
}

/** The same, short enough for a column. */
export function paceShort(stop: Stop): string {
  const seconds = (n: number | null): string => (n === null ? t("value.none") : t("line.seconds", { n: number(n, n < 10 ? 2 : 1) }));
  return t("line.cycle_takt", { cycle: seconds(stop.flow?.cycle_s ?? null), takt: seconds(stop.flow?.takt_s ?? null) });
}

export function rate(stop: Stop): string {
  const made = stop.flow?.rate_per_min ?? null;
  if (made === null) return "";
  const target = stop.flow?.target_per_min ?? null;
  const text = number(made, made < 10 ? 1 : 0);
  return target === null ? t("line.rate", { rate: text }) : t("line.rate_of", { rate: text, target: number(target, target < 10 ? 1 : 0) });
}
