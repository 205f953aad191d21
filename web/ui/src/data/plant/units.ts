/** Conversion of units for display: a table of pairs, applied where values enter the page and nowhere else. */

import type { Column } from "../live/protocol.ts";

/** `as_measured` shows every value in the unit its source declares. */
export type UnitSystem = "as_measured" | "metric" | "us";

/** shown = measured · factor + offset. */
export interface Conversion {
  readonly unit: string;
  readonly factor: number;
  readonly offset: number;
}

/** Metric unit, US customary unit, and how the second follows from the first; factors are exact by definition or to 1e-9. */
const PAIRS: readonly (readonly [string, string, number, number])[] = [
  ["°C", "°F", 1.8, 32],
  ["kg", "lb", 1 / 0.45359237, 0],
  ["g", "oz", 1 / 28.349523125, 0],
  ["t", "ton (US)", 1 / 0.90718474, 0],
  ["bar", "psi", 14.5037737730, 0],
  ["kPa", "psi", 0.14503773773, 0],
  ["mbar", "inH2O", 0.401463, 0],
  ["m/s", "ft/s", 1 / 0.3048, 0],
  ["m/min", "ft/min", 1 / 0.3048, 0],
  ["km/h", "mph", 1 / 1.609344, 0],
  ["m", "ft", 1 / 0.3048, 0],
  ["mm", "in", 1 / 25.4, 0],
  ["cm", "in", 1 / 2.54, 0],
  ["mm/s", "in/s", 1 / 25.4, 0],
  ["µm", "mil", 1 / 25.4, 0],
  ["m²", "ft²", 1 / 0.09290304, 0],
  ["m³", "ft³", 1 / 0.028316846592, 0],
  ["m³/h", "ft³/min", 1 / 1.69901079552, 0],
  ["l", "gal", 1 / 3.785411784, 0],
  ["l/min", "gal/min", 1 / 3.785411784, 0],
  ["l/h", "gal/h", 1 / 3.785411784, 0],
  ["N", "lbf", 1 / 4.4482216152605, 0],
  ["kN", "lbf", 1000 / 4.4482216152605, 0],
  ["N·m", "lbf·ft", 1 / 1.3558179483314, 0],
  ["Nm", "lbf·ft", 1 / 1.3558179483314, 0],
  ["kW", "hp", 1 / 0.74569987158227, 0],
];

/** Back from a US unit to one metric unit: the first of the table. */
const BACK = new Map([...PAIRS].reverse().map(([metric, us, factor, offset]) => [us, { unit: metric, factor: 1 / factor, offset: -offset / factor }]));
const FORTH = new Map(PAIRS.map(([metric, us, factor, offset]) => [metric, { unit: us, factor, offset }]));

/** How values of a unit are shown in a system; null where they stay as they are. */
export function conversionOf(unit: string, system: UnitSystem): Conversion | null {
  if (system === "as_measured") return null;
  return (system === "us" ? FORTH : BACK).get(unit) ?? null;
}

/** Decimals that keep the resolution of the measured value. */
function decimalsOf(decimals: number, factor: number): number {
  return Math.min(6, Math.max(0, decimals + Math.ceil(-Math.log10(Math.abs(factor)) - 0.35)));
}

export const convert = (value: number, by: Conversion): number => value * by.factor + by.offset;

type Line = readonly (number | null)[];

/** A line of values as it is shown; a spread (a range, a standard deviation) has no zero point of its own. */
export function convertLine(line: Line, by: Conversion, of: "level" | "spread"): Line {
  const offset = of === "level" ? by.offset : 0;
  return line.map((value) => (value === null ? null : value * by.factor + offset));
}

/** A column as it is shown: its unit, range and decimals converted, and what was measured kept beside. */
export function shownColumn(column: Column, by: Conversion): Column {
  const of = (value: number | null): number | null => (value === null ? null : convert(value, by));
  return {
    ...column,
    unit: by.unit,
    low: of(column.low),
    high: of(column.high),
    decimals: decimalsOf(column.data_type === "integer" ? 0 : column.decimals, by.factor),
    data_type: column.data_type === "integer" ? "float" : column.data_type,
    measured: { unit: column.unit, decimals: column.decimals, by },
  };
}
