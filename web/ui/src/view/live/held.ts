/** What held before a range of history began, of signals that are sent when they change: a chart begins with it. */

import type { Column } from "../../data/live/protocol.ts";
import { heldAtEnd } from "../../data/plant/trend.ts";
import type { Buckets } from "../../data/rest/model.ts";
import { shownBuckets } from "./units.ts";

/** As far back as the range is long, within these. */
const LEAST_MS = 600_000;
const MOST_MS = 86_400_000;
const PIECES = 50;

/** Whether a source sends this signal only when it changes: then a value holds until the next one. */
export const holds = (column: Column): boolean =>
  column.kind === "setpoint" || column.kind === "state" || column.data_type === "enum" || column.data_type === "boolean" || column.stale_after_ms <= 0;

/** History of [fromMs, toMs) in display units; with what held at its beginning where values hold. */
export async function heldBuckets(columns: readonly Column[], fromMs: number, toMs: number, px: number): Promise<readonly Buckets[]> {
  const paths = columns.map((column) => column.path);
  const held = columns.filter(holds).map((column) => column.path);
  const backMs = Math.min(Math.max(toMs - fromMs, LEAST_MS), MOST_MS);
  const [found, before] = await Promise.all([
    shownBuckets(paths, fromMs, toMs, px),
    held.length === 0 ? [] : shownBuckets(held, fromMs - backMs, fromMs, PIECES),
  ]);
  const values = new Map(before.map((each) => [each.signal, heldAtEnd(each, fromMs)]));
  return found.map((each) => ({ ...each, held: values.get(each.signal) ?? null }));
}
