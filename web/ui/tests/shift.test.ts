/** Planned time and pieces of a shift as it runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { busyMs, plannedNow } from "../src/data/plant/shift.ts";
import type { Planned, Standing } from "../src/data/rest/standing.ts";

const H = 3_600_000;
const SHIFT = { start_ms: 6 * H, end_ms: 14 * H, breaks: [[9 * H, 9.5 * H], [12 * H, 12.5 * H]] } as unknown as Standing;

test("breaks are no planned time, and nothing is planned before or after", () => {
  assert.equal(busyMs(SHIFT, 14 * H), 7 * H);
  assert.equal(busyMs(SHIFT, 9.25 * H), 3 * H);
  assert.equal(busyMs(SHIFT, 10 * H), 3.5 * H);
  assert.equal(busyMs(SHIFT, 0), 0);
  assert.equal(busyMs(SHIFT, 99 * H), 7 * H);
});

test("the mark goes on with the clock, and so does the time that is seen", () => {
  const told: Planned = { shift: 700, by_now: 100, seen: 80, source: "target" };
  const later = plannedNow(SHIFT, told, 8 * H);
  assert.equal(later.by_now, 200);
  assert.equal(later.seen, 180);
});

test("without bounds the gateway's figures stand", () => {
  const told: Planned = { shift: 700, by_now: 100, seen: 80, source: "target" };
  assert.deepEqual(plannedNow({ ...SHIFT, end_ms: null, start_ms: null }, told, 8 * H), told);
});
