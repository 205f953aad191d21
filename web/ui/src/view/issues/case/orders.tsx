/** Work orders of an issue, and the way to write one for it. */

import type { JSX } from "preact";
import { workOrders } from "../../../data/rest/maintenance.ts";
import type { Issue } from "../../../data/rest/model.ts";
import { t } from "../../i18n/index.ts";
import { useResource } from "../../live/resource.ts";
import { who } from "../../live/who.ts";
import { useWorkChanges } from "../../live/work-orders.ts";
import { Failed } from "../../parts/states.tsx";

/** The address of a form that is filled in with what the issue knows. */
export function newOrderUrl(issue: Issue): string {
  const parts = new URLSearchParams({
    issue: String(issue.number),
    asset: issue.asset,
    title: issue.title.slice(0, 200),
    description: issue.explanation.slice(0, 4_000),
    priority: issue.severity === "P1" || issue.severity === "P2" ? "high" : "medium",
  });
  return `/maintenance?${parts.toString()}`;
}

export function Orders(props: { issue: Issue }): JSX.Element {
  const { issue } = props;
  const resource = useResource(() => workOrders({ issue: issue.number, limit: 50 }), [issue.number]);
  useWorkChanges(resource);
  const state = resource.state.value;
  const found = resource.value ?? [];
  const may = who.value?.rights.includes("maintenance.propose") ?? false;
  return (
    <section class="panel" aria-label={t("case.orders")} data-section="orders">
      <h2>{t("case.orders")}</h2>
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? <p class="quiet">{t("case.no_orders")}</p> : null}
      <ul class="case-list">
        {found.map((order) => (
          <li key={order.number} data-order={order.number}>
            <a href={`/maintenance/${String(order.number)}`}>
              {order.number} {order.title}
            </a>{" "}
            <span class="tag">{t(`work.state.${order.state}`)}</span>
            <p class="quiet">{order.assignees.join(", ") || t("work.nobody")}</p>
          </li>
        ))}
      </ul>
      {may ? (
        <a class="button" href={newOrderUrl(issue)}>
          {t("case.new_order")}
        </a>
      ) : null}
    </section>
  );
}
