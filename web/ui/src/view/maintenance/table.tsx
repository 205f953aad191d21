/** Work orders as rows, and how place, time and priority of one are shown. */

import type { JSX } from "preact";
import type { WorkOrder } from "../../data/rest/maintenance.ts";
import { none } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { serverClock, zone } from "../live/session.ts";
import { title } from "../parts/format.ts";

export const ENDED: readonly string[] = ["complete", "closed", "rejected"];

export const place = (asset: string): string => asset.split("/").slice(-2).map(title).join(" / ");

export const moment = (ms: number): string => `${zone.value.format(ms, "day")} ${zone.value.format(ms, "minutes")}`;

export function Due(props: { order: WorkOrder }): JSX.Element {
  void textTick.value;
  const { order } = props;
  if (order.due_ms === null) return <>{none()}</>;
  const late = order.due_ms < serverClock.now() && !ENDED.includes(order.state);
  return (
    <>
      {moment(order.due_ms)} {late ? <strong class="late">{t("work.overdue")}</strong> : null}
    </>
  );
}

export function Priority(props: { of: WorkOrder["priority"] }): JSX.Element {
  return <span class={`tag priority-${props.of}`}>{t(`work.priority.${props.of}`)}</span>;
}

export function OrderTable(props: { orders: readonly WorkOrder[] }): JSX.Element {
  return (
    <table class="work-table">
      <thead>
        <tr>
          <th scope="col" class="num">{t("work.number")}</th>
          <th scope="col">{t("work.what")}</th>
          <th scope="col">{t("work.asset")}</th>
          <th scope="col">{t("work.kind")}</th>
          <th scope="col">{t("work.priority")}</th>
          <th scope="col">{t("work.state")}</th>
          <th scope="col">{t("work.assignees")}</th>
          <th scope="col">{t("work.due")}</th>
        </tr>
      </thead>
      <tbody>
        {props.orders.map((order) => (
          <tr key={order.number} data-order={order.number}>
            <td class="num">{order.number}</td>
            <td class="work-what">
              <a href={`/maintenance/${String(order.number)}`}>{order.title}</a>
            </td>
            <td>{place(order.asset)}</td>
            <td>{t(`work.kind.${order.kind}`)}</td>
            <td>
              <Priority of={order.priority} />
            </td>
            <td>{t(`work.state.${order.state}`)}</td>
            <td>{order.assignees.join(", ") || none()}</td>
            <td>
              <Due order={order} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
