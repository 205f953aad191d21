import assert from "node:assert/strict";
import { test } from "node:test";
import { SampleRing } from "../src/data/live/ring.ts";
import { heldAtEnd, joinTrend, seamMs, spikeLine } from "../src/data/plant/trend.ts";
import { history } from "./helpers.ts";

function ring(times: readonly number[], values: readonly number[], bad: readonly number[] = []): SampleRing {
  const made = new SampleRing(1_000);
  times.forEach((time, i) => {
    made.push(time, values[i] as number, bad.includes(i) ? 2 : 0);
  });
  return made;
}

const rising = (times: readonly number[]): boolean => times.every((time, i) => i === 0 || time > (times[i - 1] as number));

test("history ends where the live samples begin, at the edge of a bucket, and times rise", () => {
  const past = history(0, Array.from({ length: 60 }, (_, i) => i));
  const times = Array.from({ length: 400 }, (_, i) => 30_000 + i * 100);
  const live = ring(times, times.map((time) => time / 1_000));
  assert.equal(seamMs(past, 60_000, live), 55_000);
  const columns = joinTrend(past, 60_000, live, 0);
  assert.ok(rising(columns.time));
  const tail = times.filter((time) => time >= 55_000);
  assert.equal(columns.time.find((time) => time >= 55_000), tail[0]);
  assert.ok(!columns.value.includes(null));
});

test("where live samples begin late, history reaches up to the first of them", () => {
  const past = history(0, Array.from({ length: 60 }, (_, i) => i));
  const live = ring([59_500, 59_600], [1, 2]);
  const columns = joinTrend(past, 60_000, live, 0);
  assert.ok(rising(columns.time));
  assert.deepEqual(columns.value.slice(-2), [1, 2]);
  assert.ok((columns.time.at(-3) as number) < 59_500);
});

test("a spike survives: in the line where a bucket has few rows, in the band where it has many", () => {
  const few = history(0, [5, 5, 5], { high: [6, 99, 6], count: [5, 5, 5] });
  assert.ok(joinTrend(few, 60_000, ring([], []), 0).value.includes(99));
  const many = history(0, [5, 5, 5], { high: [6, 99, 6] });
  assert.ok(joinTrend(many, 60_000, ring([], []), 0).high.includes(99));
});

test("many live samples in a bucket's width are drawn as the history is, with every extreme", () => {
  const past = history(0, [1]);
  const times = Array.from({ length: 100 }, (_, i) => 1_000 + i * 20);
  const live = ring(times, times.map((time) => (time === 1_500 ? 99 : 1)));
  const columns = joinTrend(past, 6_000, live, 0);
  assert.ok(columns.time.length < 12);
  assert.ok(columns.high.includes(99));
  assert.ok(rising(columns.time));
});

test("a bad sample is a break, never a joined line", () => {
  const columns = joinTrend(null, 0, ring([1, 2, 3], [1, 2, 3], [1]), 0);
  assert.deepEqual(columns.value, [1, null, 3]);
});

test("a bucket with a bad row breaks the line in it", () => {
  const past = history(0, [1, 2, 3], { worst: [0, 2, 0] });
  const columns = joinTrend(past, 60_000, ring([], []), 0);
  const breaks = columns.time.filter((_, i) => columns.value[i] === null);
  assert.equal(breaks.length, 1);
  assert.ok((breaks[0] as number) > 1_000 && (breaks[0] as number) < 2_000);
});

test("no line crosses a gap of the ledger; a backfilled one is none", () => {
  const span = { start_ms: 1_500, end_ms: 7_500, cause: "lost" };
  const past = { ...history(0, [1]), gaps: [{ ...span, state: "lost" as const }] };
  const live = ring([1_400, 7_600], [1, 2]);
  const columns = joinTrend({ ...past, start_ms: [0] }, 1_200, live, 0);
  const at = columns.value.indexOf(null);
  assert.ok(at > 0 && columns.time[at] === 1_500);
  const filled = joinTrend({ ...past, gaps: [{ ...span, state: "backfilled" }] }, 1_200, live, 0);
  assert.ok(!filled.value.includes(null));
});

test("samples that arrive late are drawn in order of their source time", () => {
  const columns = joinTrend(null, 0, ring([1, 3, 2], [10, 30, 20]), 0);
  assert.deepEqual(columns.value, [10, 20, 30]);
});

test("the ring keeps the newest and counts what it dropped", () => {
  const small = new SampleRing(3);
  for (let i = 0; i < 5; i += 1) small.push(i, i, 0);
  assert.equal(small.length, 3);
  assert.equal(small.dropped, 2);
  assert.equal(small.oldestMs(), 2);
});

test("a silence longer than the limit of age is not joined, a shorter one is", () => {
  const live = ring([0, 9_000, 25_000], [1, 2, 3]);
  assert.deepEqual(joinTrend(null, 0, live, 0, 10_000).value, [1, 2, null, 3]);
  assert.deepEqual(joinTrend(null, 0, live, 0).value, [1, 2, 3]);
});

test("a value that is sent when it changes holds until the next one, across an empty stretch of history too", () => {
  const live = ring([0, 400, 9_000], [1, 2, 3]);
  const columns = joinTrend(null, 0, live, 0, Infinity, 1_000);
  assert.deepEqual(columns.value, [1, 2, 2, 3]);
  assert.deepEqual(columns.time, [0, 400, 8_999, 9_000]);
  const past = history(0, [5, null, null, null, 7], { count: [1, 0, 0, 0, 1] });
  const held = { ...past, start_ms: [0, 4_000], first: [5, 7], last: [5, 7], low: [5, 7], high: [5, 7], count: [1, 1] };
  assert.deepEqual(joinTrend(held, 60_000, ring([], []), 0, Infinity, 1_000).value, [5, 5, 7]);
});

test("one line through a long history goes through every extreme, and ends at gaps", () => {
  const values = Array.from({ length: 50 }, (_, i) => i % 7);
  const past = history(0, values, { high: values.map((_, i) => (i === 31 ? 999 : 8)), count: values.map(() => 5_000) });
  const line = spikeLine(past, 0, Infinity, Infinity);
  assert.ok(line.value.includes(999) && rising(line.time));
  const gap = { start_ms: 20_500, end_ms: 30_000, state: "lost" as const, cause: "cut" };
  const cut = spikeLine({ ...past, gaps: [gap] }, 0, Infinity, Infinity);
  assert.equal(cut.value[cut.time.indexOf(20_500)], null);
});

test("a range begins with what held then, and a held value steps to the next", () => {
  const past = { ...history(10_000, [7]), held: 3 };
  const explored = spikeLine(past, 0, Infinity, 1_000);
  assert.deepEqual(explored.value.slice(0, 3), [3, 3, 7]);
  assert.equal(explored.time[0], 0);
  assert.ok((explored.time[1] as number) > 9_000);
  assert.equal(joinTrend(past, 60_000, ring([], []), 0, Infinity, 1_000, true).value[0], 3);
  assert.equal(joinTrend(past, 60_000, ring([], []), 0, Infinity, 1_000).value[0], 7);
});

test("as the window moves on, it begins with the newest value before it, from history or the live tail", () => {
  const past = { ...history(0, [4, 5, 6]), held: 3 };
  const first = (fromMs: number, live: SampleRing): unknown => joinTrend(past, 8_000, live, fromMs, Infinity, 1_000, true).value[0];
  assert.equal(first(20_000, ring([30_000], [9])), 6);
  assert.equal(first(40_000, ring([30_000], [9])), 9);
  assert.equal(first(40_000, ring([30_000, 35_000], [9, 10], [1])), undefined);
});

test("nothing holds over a gap, a bad row, or where nothing came", () => {
  const gap = { start_ms: 2_500, end_ms: null, state: "open" as const, cause: "cable cut" };
  assert.equal(heldAtEnd(history(0, [1, 2]), 5_000), 2);
  assert.equal(heldAtEnd({ ...history(0, [1, 2]), gaps: [gap] }, 5_000), null);
  assert.equal(heldAtEnd({ ...history(0, [1, 2]), worst: [0, 2] }, 5_000), null);
  assert.equal(heldAtEnd(history(0, []), 5_000), null);
  const cut = { ...history(0, [1]), held: 3, gaps: [gap] };
  assert.equal(joinTrend(cut, 20_000, ring([], []), 10_000, Infinity, 1_000, true).value[0], undefined);
});
