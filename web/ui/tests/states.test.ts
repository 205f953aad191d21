import assert from "node:assert/strict";
import { test } from "node:test";
import { drawn, stateRows, stretches, totals } from "../src/data/plant/states.ts";

const row = (timeMs: number, value: number | null) => ({ timeMs, value });

test("stretches fill the window, neighbours differ, and the row before it says how it begins", () => {
  const found = stretches([row(30, 2), row(-5, 1), row(40, 2), row(60, 3)], [], 0, 100);
  assert.deepEqual(found, [
    { fromMs: 0, toMs: 30, value: 1 },
    { fromMs: 30, toMs: 60, value: 2 },
    { fromMs: 60, toMs: 100, value: 3 },
  ]);
  assert.deepEqual(stretches([], [], 0, 100), [{ fromMs: 0, toMs: 100, value: null }]);
});

test("a state is not known in a gap, after a bad row, and after too long a silence", () => {
  const gap = (state: "lost" | "backfilled") => [{ start_ms: 20, end_ms: 40, state, cause: "cut" }];
  const rows = [row(0, 1), row(40, 1)];
  assert.deepEqual(stretches(rows, gap("lost"), 0, 60).map((each) => each.value), [1, null, 1]);
  assert.deepEqual(stretches(rows, gap("backfilled"), 0, 60), [{ fromMs: 0, toMs: 60, value: 1 }]);
  assert.deepEqual(stretches([row(0, 1), row(10, null), row(20, 1)], [], 0, 30).map((each) => each.value), [1, null, 1]);
  assert.deepEqual(stretches([row(0, 1)], [], 0, 30, 10), [
    { fromMs: 0, toMs: 10, value: 1 },
    { fromMs: 10, toMs: 30, value: null },
  ]);
});

test("totals add up to the window, longest first", () => {
  const found = totals(stretches([row(0, 1), row(10, 2), row(90, 1)], [], 0, 100));
  assert.deepEqual(found, [
    { value: 2, ms: 80 },
    { value: 1, ms: 20 },
  ]);
});

test("stretches too short to be seen are drawn as several, and longer ones as themselves", () => {
  const all = stretches([row(0, 1), row(50, 2), row(51, 1), row(52, 2), row(53, 1)], [], 0, 100);
  assert.deepEqual(drawn(all, 5), [
    { fromMs: 0, toMs: 50, value: 1 },
    { fromMs: 50, toMs: 53, value: "several" },
    { fromMs: 53, toMs: 100, value: 1 },
  ]);
});

test("a bad row of the history has no value", () => {
  const rows = { truncated: false, signals: ["s"], signal: [0, 0], source_ms: [1, 2], value: [4, 5], quality: [0, 2] };
  assert.deepEqual(stateRows(rows), [row(1, 4), row(2, null)]);
});
