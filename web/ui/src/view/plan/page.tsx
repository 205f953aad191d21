/** The production plan: orders, forecast, plan against capacity, work orders, and files in and out. */

import type { JSX } from "preact";
import { query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { CapacityPart } from "./capacity.tsx";
import { ForecastPart } from "./forecast.tsx";
import { OrdersPart, WorkOrdersPart } from "./orders.tsx";
import { TablesPart } from "./tables.tsx";
import "./plan.css";

const PARTS: readonly (readonly [string, Key, () => JSX.Element])[] = [
  ["", "plan.capacity", CapacityPart],
  ["orders", "plan.orders", OrdersPart],
  ["forecast", "plan.forecast", ForecastPart],
  ["work-orders", "plan.work_orders", WorkOrdersPart],
  ["tables", "plan.tables", TablesPart],
];

export function PlanPage(_props: { rest: string }): JSX.Element {
  const asked = query.value.get("part") ?? "";
  const chosen = PARTS.find(([name]) => name === asked) ?? PARTS[0];
  const [name, , Part] = chosen as (typeof PARTS)[number];
  return (
    <div class="planning">
      <div class="page-head">
        <h1>{t("plan.title")}</h1>
        <nav class="segments" aria-label={t("plan.pages")}>
          {PARTS.map(([to, label]) => (
            <a key={to} href={withQuery("part", to)} aria-current={to === name ? "true" : undefined}>
              {t(label)}
            </a>
          ))}
        </nav>
      </div>
      <Part key={name} />
    </div>
  );
}
