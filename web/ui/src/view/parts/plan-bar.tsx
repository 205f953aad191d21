/** Pieces against plan: a bar as long as the shift's plan, with a mark for where it should stand now. */

import type { JSX } from "preact";
import { plannedNow } from "../../data/plant/shift.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { t } from "../i18n/index.ts";
import { number, percent } from "./format.ts";

/** Below this share of the planned time that was seen, the bar says how much was. */
const WELL_SEEN = 0.985;
const WIDTH = 1000;

/** Why there is nothing to hold the pieces against. */
function noPlan(of: Standing): string {
  if (of.level !== "machine" && of.counted_at.length === 0) return t("plan.no_output");
  if (of.shift === "" && !of.day_only) return t("plan.no_shift");
  return t("plan.none");
}

/** `nowMs` is the plant's time now, or the end of a shift that is over. */
export function PlanBar(props: { of: Standing; nowMs: number; size?: "full" | "small" }): JSX.Element {
  const { of, nowMs } = props;
  const good = of.good === null ? t("value.none") : number(of.good);
  if (of.planned === null) {
    return (
      <div class="plan">
        <span class="plan-text">
          {of.good === null ? null : (
            <>
              <span class="plan-good">{good}</span> {t("plan.good")}
            </>
          )}
        </span>
        <span class="plan-none">{noPlan(of)}</span>
      </div>
    );
  }
  const plan = plannedNow(of, of.planned, nowMs);
  const unseen = Math.max(0, plan.by_now - plan.seen);
  const full = Math.max(plan.shift, unseen + (of.good ?? 0)) || 1;
  const x = (pieces: number): number => Math.min(WIDTH, (pieces / full) * WIDTH);
  const seen = plan.by_now > 0 ? plan.seen / plan.by_now : 1;
  const small = props.size === "small";
  const shift = number(Math.round(plan.shift));
  const summary = t("plan.summary", { good, seen: number(Math.round(plan.seen)), shift });
  return (
    <div class="plan" title={t(`plan.by.${plan.source}`)}>
      <span class="plan-text">
        <span class="plan-good">{good}</span> {t("plan.of", { planned: number(Math.round(plan.seen)) })}
      </span>
      <span class="plan-whole">
        {seen < WELL_SEEN ? t(small ? "plan.seen_small" : "plan.seen", { share: percent(seen, seen < 0.1 ? 1 : 0) }) : small ? shift : t("plan.shift", { shift })}
      </span>
      <svg class="plan-bar" viewBox={`0 0 ${String(WIDTH)} 12`} preserveAspectRatio="none" role="img" aria-label={summary}>
        <rect class="bar-back" x="0" y="2" width={WIDTH} height="8" />
        <rect class="plan-unseen" x="0" y="4.5" width={x(unseen)} height="3" />
        <rect class="bar-fill" x={x(unseen)} y="2" width={Math.max(0, x(unseen + (of.good ?? 0)) - x(unseen))} height="8" />
        <rect class="plan-now" x={Math.min(WIDTH - 4, Math.max(0, x(plan.by_now) - 2))} y="0" width="4" height="12" />
      </svg>
    </div>
  );
}
