/** What trends are drawn against: alarm limits of the rules that watch a signal, and set-points that it follows. */

import type { Column } from "../../data/live/protocol.ts";
import { convert } from "../../data/plant/units.ts";
import type { RuleStatus } from "../../data/rest/model.ts";
import type { Limit } from "../chart/overlay.ts";
import { t } from "../i18n/index.ts";
import type { Trend } from "../live/machine.ts";
import { conversionAt } from "../live/units.ts";
import { number } from "../parts/format.ts";

export type RuleLimits = readonly RuleStatus[];

/** The limits of enabled limit rules on a signal, in the unit it is shown in; those of its range are drawn already. */
export function alarmLimits(rules: RuleLimits, column: Column): Limit[] {
  const by = conversionAt(column.path);
  const found = new Map<number, Limit>();
  for (const rule of rules) {
    if (rule.type !== "limit" || !rule.enabled || !rule.signals.includes(column.path)) continue;
    for (const side of ["high", "low"] as const) {
      const raw = rule.settings[side];
      if (typeof raw !== "number") continue;
      const value = by === null ? raw : convert(raw, by);
      if (value === column.low || value === column.high) continue;
      found.set(value, { name: t(`trend.alarm_${side}`, { value: number(value, column.decimals) }), value });
    }
  }
  return [...found.values()];
}

/** Names that say of which signal something is the set-point. */
const PATTERNS = [/^target_(.+)$/, /^(.+)_(?:setpoint|set_point|target|sp)$/, /^set_(.+)$/];

/** Which set-point each signal follows: speed its target by their roles, others by name. */
export function followed(trends: readonly Trend[]): ReadonlyMap<string, Trend> {
  const found = new Map<string, Trend>();
  for (const wanted of trends) {
    if (wanted.column.kind !== "setpoint") continue;
    const names = PATTERNS.flatMap((pattern) => pattern.exec(wanted.column.name)?.[1] ?? []);
    const follower = trends.find(
      ({ column }) =>
        column.kind === "measurement" &&
        (wanted.column.role === "target_speed" ? column.role === "speed" : names.includes(column.name)),
    );
    if (follower !== undefined && follower.column.unit === wanted.column.unit) found.set(follower.column.path, wanted);
  }
  return found;
}
