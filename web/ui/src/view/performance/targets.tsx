/** KPIs against their targets: who answers for each, and what he does; off target first. */

import type { JSX } from "preact";
import { targets, type Target } from "../../data/rest/reports.ts";
import { withParts } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { percent, plain } from "../parts/format.ts";
import { Failed } from "../parts/states.tsx";

const SHARES: readonly string[] = [
  "oee", "availability", "effectiveness", "quality", "quality_ratio", "nee", "teep", "allocation_efficiency",
  "utilization_efficiency", "technical_efficiency", "setup_rate", "scrap_ratio", "rework_ratio", "coverage",
];

/** A KPI's value as people say it: shares in percent, the rest as a number. */
export const told = (kpi: string, value: number): string => (SHARES.includes(kpi) ? percent(value, 1) : plain(Number(value.toPrecision(4))));

export function TargetTable(props: { readonly items: readonly Target[] }): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          {(["kpi", "value", "target", "state", "owner", "action"] as const).map((each) => (
            <th key={each} scope="col" class={each === "value" ? "num" : ""}>
              {t(`targets.${each}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.items.map((each) => (
          <tr key={each.name} data-target={each.name} data-off={String(each.is_off)}>
            <th scope="row">
              <a href={withParts({ unit: each.unit === "" ? [] : [each.unit] })}>{each.name}</a>
              <span class="sub">
                {t("targets.of", { kpi: tOr(`kpi.${each.kpi}`, each.kpi), unit: each.unit === "" ? t("targets.plant") : each.unit, days: each.days })}
              </span>
            </th>
            <td class="num">{each.value === null ? t("targets.unknown") : told(each.kpi, each.value)}</td>
            <td>{t(each.higher_is_better ? "targets.at_least" : "targets.at_most", { value: told(each.kpi, each.target) })}</td>
            <td>
              <strong>{each.is_off ? `! ${t("targets.off")}` : t(each.value === null ? "targets.unknown" : "targets.met")}</strong>
              {each.coverage === null ? null : <span class="sub">{t("targets.coverage", { share: percent(each.coverage) })}</span>}
            </td>
            <td>{each.owner}</td>
            <td>{each.action}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Targets(): JSX.Element | null {
  const held = useResource(targets, [], 30_000);
  const state = held.state.value;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const items = held.value ?? [];
  if (items.length === 0) return null;
  return (
    <section class="panel" tabIndex={0} aria-label={t("targets.title")} data-section="targets">
      <h2>{t("targets.title")}</h2>
      <TargetTable items={items} />
    </section>
  );
}
