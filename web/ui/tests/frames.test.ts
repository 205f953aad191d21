import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame, MalformedFrameError } from "../src/data/live/frames.ts";
import { LatestTable } from "../src/data/live/latest.ts";
import { column, frameBytes } from "./helpers.ts";

const rows = [
  { value: 2 ** 53, sourceMs: 1_700_000_000_123.456, quality: 0, column: 7 },
  { value: NaN, sourceMs: NaN, quality: 2, column: 65_535 },
  { value: -0.1, sourceMs: 1, quality: 1, column: 0 },
];

test("a delta frame gives back exactly what was sent", () => {
  const frame = decodeFrame(frameBytes("delta", 513, 4_000_000_000, rows));
  assert.equal(frame.kind, "delta");
  assert.equal(frame.id, 513);
  assert.equal(frame.seq, 4_000_000_000);
  assert.equal(frame.serverMs, 1_700_000_000_000);
  assert.deepEqual([...frame.value], rows.map((row) => row.value));
  assert.deepEqual([...frame.sourceMs], rows.map((row) => row.sourceMs));
  assert.deepEqual([...(frame.column ?? [])], [7, 65_535, 0]);
  assert.deepEqual([...frame.quality], [0, 2, 1]);
});

test("a full frame has no column numbers, a series frame says when rows were left out", () => {
  const full = decodeFrame(frameBytes("full", 1, 1, rows));
  assert.equal(full.column, null);
  assert.deepEqual([...full.quality], [0, 2, 1]);
  assert.equal(decodeFrame(frameBytes("series", 1, 1, rows, 1)).rowsLeftOut, true);
  assert.equal(decodeFrame(frameBytes("series", 1, 1, rows, 0)).rowsLeftOut, false);
});

test("an empty frame is a frame", () => {
  assert.equal(decodeFrame(frameBytes("delta", 1, 1, [])).value.length, 0);
});

test("every cut, every longer message and every unknown kind is refused", () => {
  const whole = frameBytes("delta", 1, 1, rows);
  for (let size = 0; size < whole.byteLength; size += 1) {
    assert.throws(() => decodeFrame(whole.slice(0, size)), MalformedFrameError, `cut at ${String(size)}`);
  }
  const longer = new Uint8Array(whole.byteLength + 1);
  longer.set(new Uint8Array(whole));
  assert.throws(() => decodeFrame(longer.buffer), MalformedFrameError);
  for (const kind of [0, 4, 255]) {
    const other = whole.slice(0);
    new DataView(other).setUint8(0, kind);
    assert.throws(() => decodeFrame(other), MalformedFrameError);
  }
});

test("the table takes deltas into their columns and refuses a column that does not exist", () => {
  const table = new LatestTable();
  table.reset([column({ path: "a" }), column({ path: "b" })]);
  assert.equal(table.freshness(0, 1_000), "none");
  table.apply(decodeFrame(frameBytes("delta", 1, 1, [{ value: 5, sourceMs: 1_000, column: 1 }])));
  assert.ok(Number.isNaN(table.value[0]));
  assert.equal(table.value[1], 5);
  assert.throws(() => {
    table.apply(decodeFrame(frameBytes("delta", 1, 2, [{ value: 5, sourceMs: 1_000, column: 2 }])));
  }, RangeError);
  assert.throws(() => {
    table.apply(decodeFrame(frameBytes("full", 1, 2, [{ value: 5, sourceMs: 1_000 }])));
  }, RangeError);
});

test("a value is fresh up to its limit of age, then stale; bad quality is never fresh", () => {
  const table = new LatestTable();
  table.reset([column({ stale_after_ms: 10_000 }), column(), column({ stale_after_ms: 0 }), column()]);
  table.apply(
    decodeFrame(
      frameBytes("full", 1, 1, [
        { value: 1, sourceMs: 1_000 },
        { value: 1, sourceMs: 1_000, quality: 2 },
        { value: 1, sourceMs: 1_000 },
        { value: 1, sourceMs: 1_000, quality: 3 },
      ]),
    ),
  );
  assert.equal(table.freshness(0, 11_000), "fresh");
  assert.equal(table.freshness(0, 11_001), "stale");
  assert.equal(table.freshness(1, 1_000), "bad");
  assert.equal(table.freshness(2, 1e12), "fresh");
  assert.equal(table.freshness(3, 1_000), "away");
  assert.equal(table.freshness(3, 1e12), "away");
});
