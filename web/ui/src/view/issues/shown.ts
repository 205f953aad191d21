/** What an issue has kept, in display units; the rule's own sentences stay as it measured. */

import { convert, convertLine, type Conversion } from "../../data/plant/units.ts";
import type { EvidenceSeries, Issue } from "../../data/rest/model.ts";
import { shownIn } from "../live/units.ts";

/** What a rule tells beside its limits that is no level on the axis. */
const WIDTHS: ReadonlySet<string> = new Set(["deadband", "after_s", "band"]);

export interface ShownSeries {
  readonly series: EvidenceSeries;
  readonly by: Conversion | null;
}

export function shownSeries(of: EvidenceSeries): ShownSeries {
  const by = shownIn(of.unit);
  return { series: by === null ? of : { ...of, unit: by.unit, value: convertLine(of.value, by, "level") }, by };
}

export interface Level {
  readonly name: string;
  readonly value: number;
}

/** The limits that lie on the axis of the signal's values, as they are shown. */
export function levels(issue: Issue, by: Conversion | null): Level[] {
  return Object.entries(issue.limits)
    .filter(([name]) => !WIDTHS.has(name))
    .map(([name, value]) => ({ name, value: by === null ? value : convert(value, by) }));
}

export interface Compared {
  readonly value: number | null;
  readonly limits: readonly Level[];
  readonly unit: string;
}

/**
 * The value that was found and what it was compared with. A rate or a deviation is not in the signal's unit: only where
 * the value is one of the samples are both converted, and else they stand as the rule has them.
 */
export function compared(issue: Issue): Compared {
  const own = issue.evidence.find((series) => series.path === issue.signal);
  const unit = own?.unit ?? "";
  const by = issue.value !== null && own?.value.includes(issue.value) === true ? shownIn(unit) : null;
  const limits = Object.entries(issue.limits).map(([name, value]) => {
    if (by === null || name === "after_s") return { name, value };
    return { name, value: WIDTHS.has(name) ? value * by.factor : convert(value, by) };
  });
  return { value: issue.value === null || by === null ? issue.value : convert(issue.value, by), limits, unit: by?.unit ?? unit };
}

/** A limit as it was set, or to seven places where it was converted. */
export const exact = (value: number): string => String(Number(value.toPrecision(7)));
