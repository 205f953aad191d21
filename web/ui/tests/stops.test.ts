/** Lost time: by the reason that was said, by count and by time. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { losses, type Interval } from "../src/data/plant/stops.ts";

const at = (start_ms: number, end_ms: number, state_name: string, booked: string): Interval => ({ start_ms, end_ms, state_name, booked });

const DAY: readonly Interval[] = [
  at(0, 60_000, "Execute", "apt"),
  at(60_000, 62_000, "Suspending", "adet_external"),
  at(62_000, 92_000, "Suspended", "adet_external"),
  at(92_000, 200_000, "Execute", "apt"),
  at(200_000, 260_000, "Aborted", "adet_internal"),
  at(260_000, 300_000, "Execute", "apt"),
  at(300_000, 310_000, "Suspended", "adet_external"),
  at(310_000, 400_000, "Execute", "apt"),
];

test("what was said is the reason, and states of one stop count once", () => {
  const said = [{ timeMs: 61_000, reason: "Blocked" }, { timeMs: 93_000, reason: "" }, { timeMs: 301_000, reason: "Blocked" }];
  assert.deepEqual(losses(DAY, said, 0, 400_000, "time"), [
    { reason: "Aborted", said: false, count: 1, ms: 60_000 },
    { reason: "Blocked", said: true, count: 2, ms: 42_000 },
  ]);
  assert.equal(losses(DAY, said, 0, 400_000, "count")[0]?.reason, "Blocked");
});

test("a reason that was taken back does not hold for the next stop", () => {
  const said = [{ timeMs: 61_000, reason: "Jam" }, { timeMs: 93_000, reason: "" }];
  assert.deepEqual(losses(DAY, said, 0, 400_000, "time").map((each) => each.reason), ["Aborted", "Jam", "Suspended"]);
});

test("stops are cut at the window, and what lies outside is left out", () => {
  assert.deepEqual(losses(DAY, [], 70_000, 230_000, "time"), [
    { reason: "Aborted", said: false, count: 1, ms: 30_000 },
    { reason: "Suspended", said: false, count: 1, ms: 22_000 },
  ]);
});
