/** Jobs of machines by the published schedule. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { jobsByPath } from "../src/data/plant/jobs.ts";
import type { Board } from "../src/data/rest/planning.ts";

const bar = (order: string, machine: string, start: number, end: number): object => ({
  job: { id: `${order}/10`, order, op: "10", machine, start_at_min: start, end_at_min: end }, product: "P1", qty: 500,
  due_at_min: 999, projected_start_min: start, projected_end_min: end, late_min: 0, pinned: false, frozen: false,
});
const BOARD = {
  lanes: [{ machine: "M1", path: "s/a/l/mill" }, { machine: "M2", path: "" }, { machine: "M3", path: "s/a/l/lathe" }],
  bars: [bar("C", "M1", 30, 40), bar("A", "M1", 0, 10), bar("B", "M1", 10, 20), bar("D", "M2", 0, 99)],
} as unknown as Board;

test("what is due now, and what comes after, by where the machine is", () => {
  const at = (minute: number): (string | undefined)[] => {
    const jobs = jobsByPath(BOARD, minute * 60_000).get("s/a/l/mill");
    return [jobs?.now?.order, jobs?.next?.order];
  };
  assert.deepEqual(at(5), ["A", "B"]);
  assert.deepEqual(at(10), ["B", "C"]);
  assert.deepEqual(at(25), [undefined, "C"]);
  assert.deepEqual(at(40), [undefined, undefined]);
});

test("a machine that is nowhere on the floor has no tile for its job", () => {
  const all = jobsByPath(BOARD, 0);
  assert.deepEqual([...all.keys()], ["s/a/l/mill", "s/a/l/lathe"]);
  assert.deepEqual(all.get("s/a/l/lathe"), { now: null, next: null });
});
