/** Work orders as a list or a board, how reliable machines are, and what opens orders by itself. */

import type { JSX } from "preact";
import { exportAddress, workOrders } from "../../data/rest/maintenance.ts";
import { query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { who } from "../live/who.ts";
import { useWorkChanges } from "../live/work-orders.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Board } from "./board.tsx";
import { NewOrderForm } from "./create.tsx";
import { Figures, Triggers } from "./figures.tsx";
import { Filters, MOST, wanted } from "./filters.tsx";
import { ImportForm } from "./import.tsx";
import { OrderTable } from "./table.tsx";
import "./maintenance.css";

function Views(props: { chosen: string }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("work.view")}>
      <a href={withQuery("view", "")} aria-current={props.chosen === "board" ? undefined : "true"}>
        {t("work.view.list")}
      </a>
      <a href={withQuery("view", "board")} aria-current={props.chosen === "board" ? "true" : undefined}>
        {t("work.view.board")}
      </a>
    </nav>
  );
}

export function MaintenancePage(_props: { rest: string }): JSX.Element {
  const view = query.value.get("view") ?? "";
  const asked = wanted();
  const resource = useResource(
    () => workOrders({ ...asked, limit: MOST }),
    [JSON.stringify(asked)],
  );
  useWorkChanges(resource);
  const state = resource.state.value;
  const found = resource.value ?? [];
  const rights = who.value?.rights ?? [];
  return (
    <div class="maintenance">
      <div class="page-head">
        <h1>{t("work.title")}</h1>
        <Views chosen={view} />
        <p class="quiet" role="status">
          {state.status === "ready" ? t("work.count", { count: found.length }) : ""}
        </p>
        <a class="button" href={exportAddress(asked)} download>
          {t("work.export")}
        </a>
      </div>
      <Filters />
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? (
        <Empty title={t("work.empty")} next={t("work.empty_next")} />
      ) : null}
      {found.length > 0 && view === "board" ? (
        <Board orders={found} mayWork={rights.includes("maintenance.approve")} changed={() => void resource.load()} />
      ) : null}
      {found.length > 0 && view !== "board" ? (
        <div class="panel" tabIndex={0} role="region" aria-label={t("work.title")}>
          <OrderTable orders={found} />
        </div>
      ) : null}
      {rights.includes("maintenance.propose") ? (
        <NewOrderForm mayOpen={rights.includes("maintenance.approve")} done={() => void resource.load()} />
      ) : null}
      {rights.includes("maintenance.approve") ? <ImportForm done={() => void resource.load()} /> : null}
      <Figures asset={query.value.get("asset") ?? ""} />
      <Triggers />
    </div>
  );
}
