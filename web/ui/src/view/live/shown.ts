/** A signal's newest value as it may be shown: text, how fresh, and its age where it is not. */

import type { LatestTable, Freshness } from "../../data/live/latest.ts";
import type { Column } from "../../data/live/protocol.ts";
import { wordOf } from "../../data/plant/packml.ts";
import { t } from "../i18n/index.ts";
import { age, number } from "../parts/format.ts";

/** A value as it is shown: text, how fresh, and its age where it is not. */
export interface Shown {
  readonly text: string;
  readonly freshness: Freshness;
  readonly age: string;
  /** As the source measured it, where it is shown in another unit. */
  readonly measured?: string;
}

/** A column's newest value as it may be shown at this server time. */
export function showColumn(table: LatestTable, i: number, now: number): Shown {
  const column = table.columns[i] as Column;
  const freshness = table.freshness(i, now);
  if (freshness === "none") return { text: "", freshness, age: "" };
  const value = table.value[i] as number;
  const words = column.data_type === "enum" || column.data_type === "boolean" || table.text.has(i);
  const decimals = column.data_type === "integer" ? 0 : column.decimals;
  const plain = column.data_type === "boolean" && column.labels.length === 0 && !table.text.has(i);
  const text = plain
    ? t(value === 0 ? "value.no" : "value.yes")
    : words
      ? wordOf(column, value, table.text.get(i))
      : number(value, decimals);
  return {
    text,
    freshness,
    age: freshness === "fresh" ? "" : age(now - (table.sourceMs[i] as number)),
    ...measured(column, value),
  };
}

/** What a shown value was measured as, where it is shown in another unit. */
export function measuredAs(column: Column, value: number | null): string | undefined {
  const from = column.measured;
  if (from === undefined || value === null || Number.isNaN(value)) return undefined;
  const raw = number((value - from.by.offset) / from.by.factor, from.decimals);
  return t("value.measured", { value: raw, unit: from.unit });
}

function measured(column: Column, value: number): { measured?: string } {
  const told = measuredAs(column, value);
  return told === undefined ? {} : { measured: told };
}
