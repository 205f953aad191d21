/** Builds what the server would send. */

import type { Column } from "../src/data/live/protocol.ts";
import type { Buckets } from "../src/data/rest/model.ts";

export interface Row {
  readonly value: number;
  readonly sourceMs: number;
  readonly quality?: number;
  readonly column?: number;
}

const KINDS = { full: 1, delta: 2, series: 3 } as const;

export function frameBytes(kind: keyof typeof KINDS, id: number, seq: number, rows: readonly Row[], flags = 0): ArrayBuffer {
  const n = rows.length;
  const indexed = kind !== "full";
  const bytes = new ArrayBuffer(24 + n * (indexed ? 19 : 17));
  const view = new DataView(bytes);
  view.setUint8(0, KINDS[kind]);
  view.setUint8(1, flags);
  view.setUint16(2, id, true);
  view.setUint32(4, n, true);
  view.setUint32(8, seq, true);
  view.setFloat64(16, 1_700_000_000_000, true);
  rows.forEach((row, i) => {
    view.setFloat64(24 + i * 8, row.value, true);
    view.setFloat64(24 + n * 8 + i * 8, row.sourceMs, true);
    if (indexed) view.setUint16(24 + n * 16 + i * 2, row.column ?? i, true);
    view.setUint8(24 + n * (indexed ? 18 : 16) + i, row.quality ?? 0);
  });
  return bytes;
}

export function column(over: Partial<Column> = {}): Column {
  return {
    path: "s/a/l/m/x",
    machine: "s/a/l/m",
    name: "x",
    kind: "measurement",
    data_type: "float",
    unit: "g",
    decimals: 1,
    role: null,
    low: null,
    high: null,
    labels: [],
    stale_after_ms: 10_000,
    ...over,
  };
}

/** Buckets of ten rows each around these values, one second wide. */
export function history(startMs: number, values: readonly (number | null)[], over: Partial<Buckets> = {}): Buckets {
  return {
    signal: "s/a/l/m/x",
    width_ms: 1_000,
    start_ms: values.map((_, i) => startMs + i * 1_000),
    first: values,
    last: values,
    low: values.map((value) => (value === null ? null : value - 1)),
    high: values.map((value) => (value === null ? null : value + 1)),
    mean: values,
    count: values.map(() => 10),
    worst: values.map(() => 0),
    gaps: [],
    ...over,
  };
}
