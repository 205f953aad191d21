/** Display units: the table against figures from handbooks, and there and back again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { conversionOf, convert, shownColumn, type Conversion } from "../src/data/plant/units.ts";
import type { Column } from "../src/data/live/protocol.ts";

const us = (value: number, unit: string): [number, string] => {
  const by = conversionOf(unit, "us") as Conversion;
  return [convert(value, by), by.unit];
};

const KNOWN: readonly (readonly [number, string, number, string])[] = [
  [-40, "°C", -40, "°F"],
  [100, "°C", 212, "°F"],
  [1, "kg", 2.2046226218, "lb"],
  [500, "g", 17.6369809748, "oz"],
  [1, "bar", 14.503773773, "psi"],
  [101.325, "kPa", 14.6959487755, "psi"],
  [10, "m/s", 32.8083989501, "ft/s"],
  [25.4, "mm", 1, "in"],
  [3.785411784, "l", 1, "gal"],
  [2, "N·m", 1.4751242985, "lbf·ft"],
  [1, "m³/h", 0.5885777787, "ft³/min"],
  [100, "km/h", 62.1371192237, "mph"],
];

for (const [value, unit, wanted, name] of KNOWN) {
  test(`${String(value)} ${unit} is ${String(wanted)} ${name}`, () => {
    const [shown, shownUnit] = us(value, unit);
    assert.equal(shownUnit, name);
    assert.ok(Math.abs(shown - wanted) <= Math.abs(wanted) * 1e-9 + 1e-9, String(shown));
  });
}

test("what is measured in US units comes back in metric ones", () => {
  const back = conversionOf("°F", "metric") as Conversion;
  assert.equal(back.unit, "°C");
  assert.ok(Math.abs(convert(212, back) - 100) < 1e-9);
  assert.ok(Math.abs(convert(us(3.7, "bar")[0], conversionOf("psi", "metric") as Conversion) - 3.7) < 1e-9);
});

test("as measured, and units that are not in the table, stay", () => {
  assert.equal(conversionOf("°C", "as_measured"), null);
  assert.equal(conversionOf("pcs", "us"), null);
  assert.equal(conversionOf("1/min", "us"), null);
  assert.equal(conversionOf("°C", "metric"), null);
});

test("a column is shown with its range, decimals that keep its resolution, and what was measured", () => {
  const column: Column = {
    path: "p/a/l/m/weight", machine: "p/a/l/m", name: "weight", kind: "measurement", data_type: "float", unit: "g",
    decimals: 1, role: "key_value", low: 495, high: 505, labels: [], stale_after_ms: 1000,
  };
  const shown = shownColumn(column, conversionOf("g", "us") as Conversion);
  assert.equal(shown.unit, "oz");
  assert.equal(shown.decimals, 3);
  assert.ok(Math.abs((shown.low as number) - 17.4606) < 1e-3 && Math.abs((shown.high as number) - 17.8134) < 1e-3);
  assert.equal(shown.measured?.unit, "g");
  assert.equal(shown.measured?.decimals, 1);
});
