/** One work order, as it is worked on at the machine with a phone: what, moving it on, checklist, time, parts. */

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { workEvents, workOrder, type WorkEvent, type WorkOrder } from "../../data/rest/maintenance.ts";
import { machineUrl } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { who } from "../live/who.ts";
import { useWorkChanges } from "../live/work-orders.ts";
import { Failed, Loading } from "../parts/states.tsx";
import { Actions } from "./actions.tsx";
import { Due, moment, place, Priority } from "./table.tsx";
import { Checklist, Downtime, Labour, Notes, Parts } from "./work.tsx";
import "../people/people.css";
import "./maintenance.css";

interface Fetched {
  readonly order: WorkOrder;
  readonly events: readonly WorkEvent[];
}

async function load(number: number): Promise<Fetched> {
  const [order, events] = await Promise.all([workOrder(number), workEvents(number)]);
  return { order, events };
}

function Fact(props: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Facts(props: { order: WorkOrder }): JSX.Element {
  const { order } = props;
  const whole = order.asset.split("/").length === 4;
  return (
    <dl class="facts">
      <Fact label={t("work.asset")}>
        {whole ? <a href={machineUrl(order.asset)}>{place(order.asset)}</a> : order.asset}
      </Fact>
      <Fact label={t("work.assignees")}>{order.assignees.join(", ") || t("work.nobody")}</Fact>
      <Fact label={t("work.due")}>
        <Due order={order} />
      </Fact>
      <Fact label={t("work.raised")}>{moment(order.raised_ms)}</Fact>
      <Fact label={t("work.created")}>{order.created_by}</Fact>
      {order.issue === null ? null : (
        <Fact label={t("work.issue")}>
          <a href={`/issues/${String(order.issue)}`}>{t("work.issue_link", { number: order.issue })}</a>
        </Fact>
      )}
      {order.external === "" ? null : <Fact label={t("work.external")}>{order.external}</Fact>}
      {order.estimated_min === null ? null : (
        <Fact label={t("work.estimated")}>{t("work.minutes", { n: order.estimated_min })}</Fact>
      )}
      {order.hold_reason === "" ? null : <Fact label={t("work.hold_reason")}>{order.hold_reason}</Fact>}
      {order.completion_note === "" ? null : <Fact label={t("work.note")}>{order.completion_note}</Fact>}
    </dl>
  );
}

function said(detail: WorkEvent["detail"]): string {
  for (const name of ["reason", "note", "text", "item", "part", "minutes"]) {
    const value = detail[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") return String(value);
  }
  return "";
}

function History(props: { events: readonly WorkEvent[] }): JSX.Element {
  return (
    <section class="panel" aria-label={t("work.history")}>
      <h2>{t("work.history")}</h2>
      <ol class="work-history">
        {[...props.events].reverse().map((event) => (
          <li key={event.seq}>
            <span class="quiet">{zone.value.format(event.time_ms, "full")}</span>{" "}
            {t("work.event", { action: tOr(`work.action.${event.action}`, event.action), by: event.by })}
            {said(event.detail) === "" ? null : <q>{said(event.detail)}</q>}
          </li>
        ))}
      </ol>
    </section>
  );
}

export function WorkOrderPage(props: { rest: string }): JSX.Element {
  const number = Number(props.rest);
  const resource = useResource(() => load(number), [number]);
  useWorkChanges(resource, (event) => event.order === number);
  const told = useMemo(() => signal(""), [number]);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const { order, events } = state.value;
  const rights = who.value?.rights ?? [];
  const common = {
    order,
    told,
    changed: () => void resource.load(),
    mayWork: rights.includes("maintenance.approve"),
    maySay: rights.includes("maintenance.propose"),
  };
  return (
    <div class="maintenance work-detail" data-order={order.number}>
      <div class="page-head">
        <h1>
          {order.number} {order.title}
        </h1>
        <p>
          <span class="tag" data-state={order.state}>
            {t(`work.state.${order.state}`)}
          </span>{" "}
          <span class="tag">{t(`work.kind.${order.kind}`)}</span> <Priority of={order.priority} />
        </p>
      </div>
      <p role="status" class="told">
        {told.value}
      </p>
      {order.description === "" ? null : <p class="explanation">{order.description}</p>}
      <Actions {...common} />
      <section class="panel" aria-label={t("work.facts")}>
        <h2>{t("work.facts")}</h2>
        <Facts order={order} />
      </section>
      <Checklist {...common} />
      <Labour {...common} />
      <Parts {...common} />
      <Downtime {...common} />
      <Notes {...common} />
      <History events={events} />
    </div>
  );
}
