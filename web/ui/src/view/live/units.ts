/** The edge at which values become what is shown: subscriptions and history in display units. */

import type { Frame } from "../../data/live/frames.ts";
import type { Column } from "../../data/live/protocol.ts";
import type { Receiver, Subscription, SubscriptionSpec } from "../../data/live/subscription.ts";
import { conversionOf, convert, convertLine, shownColumn, type Conversion, type UnitSystem } from "../../data/plant/units.ts";
import { buckets } from "../../data/rest/api.ts";
import type { Buckets } from "../../data/rest/model.ts";
import { live, plantUnits } from "./session.ts";

export type SystemChoice = UnitSystem | "plant";

const MINE = "taktline.units";
const PLANT = "taktline.units-of-plant";
const SYSTEMS: readonly string[] = ["as_measured", "metric", "us"];
const isSystem = (value: string | null): value is UnitSystem => value !== null && SYSTEMS.includes(value);

export function systemChoice(): SystemChoice {
  const mine = localStorage.getItem(MINE);
  return isSystem(mine) ? mine : "plant";
}

export function chooseSystem(choice: SystemChoice): void {
  localStorage.setItem(MINE, choice);
  location.reload();
}

/** `?units=` for links and tests, else this browser's choice, else the plant's as last heard. */
function first(): UnitSystem {
  const asked = new URLSearchParams(location.search).get("units");
  if (isSystem(asked)) return asked;
  const mine = systemChoice();
  if (mine !== "plant") return mine;
  const plant = localStorage.getItem(PLANT);
  return isSystem(plant) ? plant : "as_measured";
}

export const unitSystem: UnitSystem = first();

// Where the plant's choice has changed the page starts over, as values on it were converted by the old one.
plantUnits.subscribe((units) => {
  if (!isSystem(units) || units === (localStorage.getItem(PLANT) ?? "as_measured")) return;
  localStorage.setItem(PLANT, units);
  if (systemChoice() === "plant") location.reload();
});

const byPath = new Map<string, Conversion>();

function noted(columns: readonly Column[]): (Conversion | null)[] {
  return columns.map((column) => {
    const by = column.data_type === "enum" || column.data_type === "boolean" ? null : conversionOf(column.unit, unitSystem);
    if (by !== null) byPath.set(column.path, by);
    return by;
  });
}

const shownAs = (columns: readonly Column[], by: readonly (Conversion | null)[]): readonly Column[] =>
  columns.map((column, i) => (by[i] == null ? column : shownColumn(column, by[i])));

/** Columns of the catalogue as they are shown; buckets of theirs are converted likewise from then on. */
export const shownColumns = (columns: readonly Column[]): readonly Column[] => shownAs(columns, noted(columns));

/** How values are shown that came with their unit, such as what an issue has kept. */
export const shownIn = (unit: string): Conversion | null => conversionOf(unit, unitSystem);

/** A receiver that is told display units, before one that wants them. */
function shown(receiver: Receiver): Receiver {
  let by: readonly (Conversion | null)[] = [];
  let any = false;
  const converted = (frame: Frame): Frame => {
    const value = frame.value.slice();
    for (let row = 0; row < value.length; row += 1) {
      const conversion = by[frame.column === null ? row : (frame.column[row] as number)] ?? null;
      if (conversion !== null) value[row] = convert(value[row] as number, conversion);
    }
    return { ...frame, value };
  };
  return {
    ...receiver,
    columns: (columns) => {
      by = noted(columns);
      any = by.some((each) => each !== null);
      receiver.columns?.(shownAs(columns, by));
    },
    frame: (frame) => {
      receiver.frame?.(any ? converted(frame) : frame);
    },
  };
}

/** Subscribes to a view whose values are to be read by people; what writes to machines reads them as measured. */
export function subscribeShown(spec: SubscriptionSpec): Subscription {
  return live.subscribe(unitSystem === "as_measured" ? spec : { ...spec, receiver: shown(spec.receiver) });
}

/** Buckets in display units, of signals that a subscription or `shownColumns` has named. */
export async function shownBuckets(paths: readonly string[], fromMs: number, toMs: number, px: number): Promise<readonly Buckets[]> {
  const found = await buckets(paths, fromMs, toMs, px);
  return found.map((each) => {
    const by = byPath.get(each.signal);
    if (by === undefined) return each;
    const of = (values: readonly (number | null)[]): readonly (number | null)[] => convertLine(values, by, "level");
    const [low, high] = by.factor < 0 ? [each.high, each.low] : [each.low, each.high];
    return { ...each, first: of(each.first), last: of(each.last), low: of(low), high: of(high), mean: of(each.mean) };
  });
}

/** How values of a signal are shown, where they are converted. */
export const conversionAt = (path: string): Conversion | null => byPath.get(path) ?? null;
