/** However history and live tail overlap, their joint curve shows every sample once, in order, and no break between them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SampleRing } from "../src/data/live/ring.ts";
import { joinTrend, seamMs } from "../src/data/plant/trend.ts";
import type { Buckets } from "../src/data/rest/model.ts";

const STEP = 100;

/** What the gateway answers for these samples: buckets over [0, toMs) of those that have reached the historian. */
function answered(values: readonly number[], toMs: number, lagMs: number, width: number): Buckets {
  const cells = new Map<number, number[]>();
  values.forEach((value, i) => {
    const at = i * STEP;
    if (at >= toMs - lagMs) return;
    const start = Math.floor(at / width) * width;
    cells.set(start, [...(cells.get(start) ?? []), value]);
  });
  const list = [...cells];
  return {
    signal: "s", width_ms: width, start_ms: list.map(([start]) => start),
    first: list.map(([, each]) => each[0] as number), last: list.map(([, each]) => each.at(-1) as number),
    low: list.map(([, each]) => Math.min(...each)), high: list.map(([, each]) => Math.max(...each)),
    mean: list.map(([, each]) => each.reduce((a, b) => a + b, 0) / each.length),
    count: list.map(([, each]) => each.length), worst: list.map(() => 0), gaps: [],
  };
}

test("no seam: every live sample from the seam on, every bucket before it, times rise, no break", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 120, maxLength: 400 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 30 }),
      fc.constantFrom(100, 200, 500, 700),
      (values, joinedAgo, askedAgo, width) => {
        const now = values.length * STEP;
        const toMs = now - askedAgo * STEP;
        const history = answered(values, toMs, 1_000, width);
        const ring = new SampleRing(1_000);
        const from = Math.max(0, values.length - 60 - joinedAgo);
        values.forEach((value, i) => {
          if (i >= from) ring.push(i * STEP, value, 0);
        });
        const seam = seamMs(history, toMs, ring);
        const columns = joinTrend(history, toMs, ring, 0, 5_000);
        assert.ok(columns.time.every((time, i) => i === 0 || time > (columns.time[i - 1] as number)), "times rise");
        assert.ok(!columns.value.includes(null), "no break");
        const gaps = columns.time.map((time, i) => (i === 0 ? 0 : time - (columns.time[i - 1] as number)));
        assert.ok(Math.max(...gaps) <= 2 * width + STEP, `a hole of ${String(Math.max(...gaps))} ms`);
        const live = values.map((_, i) => i * STEP).filter((time, i) => i >= from && time >= seam);
        assert.deepEqual(columns.time.filter((time) => time >= seam), live, "each live sample once, and nothing beside them");
        assert.equal(columns.value.at(-1), values.at(-1));
      },
    ),
    { numRuns: 200 },
  );
});
