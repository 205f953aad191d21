/** One line: a drawing of its machines and buffers as they run, its OEE and output, and the same as a table. */

import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { lineFlow, type LineFlow } from "../../data/rest/line-flow.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { t } from "../i18n/index.ts";
import { FloorStore } from "../live/floor.ts";
import { openAlarms, useOpenAlarms } from "../live/open-alarms.ts";
import { textTick } from "../live/pace.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { shiftPick, standingNow, useStanding } from "../live/standing.ts";
import { number, title } from "../parts/format.ts";
import { Oee } from "../parts/oee.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { ShiftChoice } from "../parts/shift-choice.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Drawing } from "./drawing.tsx";
import { stops, type Stop } from "./model.ts";
import { LineTable } from "./table.tsx";
import "../floor/floor.css";
import "./line.css";

const FLOW_EVERY_MS = 5_000;

function Figures(props: { of: Standing | undefined; flow: LineFlow | null }): JSX.Element | null {
  const { of, flow } = props;
  if (of === undefined) return null;
  const forecast = flow?.forecast ?? null;
  return (
    <div class="cards line-cards">
      <section class="card" aria-label={t("floor.oee")}>
        <h2>{t("floor.oee")}</h2>
        <Oee of={of} bare />
      </section>
      <section class="card" aria-label={t("floor.output")}>
        <h2>{t("floor.output")}</h2>
        <PlanBar of={of} nowMs={standingNow(of)} />
      </section>
      {forecast === null || forecast.expected === null ? null : (
        <section class="card" aria-label={t("line.forecast")} title={forecast.assumes}>
          <h2>{t("line.forecast")}</h2>
          <p>
            <strong>{number(Math.round(forecast.expected))}</strong>
            {forecast.wanted === null ? "" : ` ${t("value.of", { target: number(Math.round(forecast.wanted)) })}`}
          </p>
          <p class="quiet">
            {t("line.forecast_range", { low: number(Math.round(forecast.low ?? NaN)), high: number(Math.round(forecast.high ?? NaN)) })}
          </p>
        </section>
      )}
    </div>
  );
}

function summary(of: readonly Stop[], name: string): string {
  const neck = of.find((stop) => stop.bottleneck);
  const waits = of.filter((stop) => stop.flow?.wait === "starved" || stop.flow?.wait === "blocked").length;
  return t("line.summary", { name, count: of.length, neck: neck?.name ?? t("line.nobody"), waits });
}

function Notes(props: { flow: LineFlow | null; failed: string }): JSX.Element {
  const { flow, failed } = props;
  return (
    <>
      {failed === "" ? null : <p class="note">{t("line.no_flow", { error: failed })}</p>}
      {flow !== null && !flow.ordered ? <p class="note">{t("line.not_ordered")}</p> : null}
      {flow === null ? null : flow.remarks.map((remark) => <p key={remark} class="quiet">{remark}</p>)}
      {flow === null ? null : (
        <p class="quiet">{t("line.since", { from: zone.value.format(flow.start_ms, "minutes"), to: zone.value.format(flow.end_ms, "minutes") })}</p>
      )}
    </>
  );
}

function Line(props: { path: string; store: FloorStore; machines: readonly string[] }): JSX.Element {
  void textTick.value;
  const { path, store, machines } = props;
  const flow = useResource<LineFlow>(() => lineFlow(path), [path], FLOW_EVERY_MS);
  const standing = useStanding(path);
  useOpenAlarms();
  const found = flow.value;
  const state = flow.state.value;
  const standings = standing.value?.byUnit ?? new Map<string, Standing>();
  const all = stops(machines, found, standings, store, openAlarms.value ?? []);
  return (
    <>
      <Figures of={standings.get(path)} flow={found} />
      <Drawing stops={all} ordered={found?.ordered ?? false} summary={summary(all, title(path.slice(path.lastIndexOf("/") + 1)))} />
      <Notes flow={found} failed={state.status === "failed" ? state.error.message : ""} />
      <LineTable stops={all} />
    </>
  );
}

export function LinePage(props: { rest: string }): JSX.Element {
  const path = props.rest;
  const store = useMemo(() => new FloorStore(), []);
  useEffect(() => {
    store.open();
    return () => {
      store.close();
    };
  }, [store]);
  const lines = store.lines.value;
  const line = lines?.find((each) => each.path === path);
  const levels = path.split("/");
  return (
    <div class="line-page">
      <p class="crumbs">
        <a href="/floor">{t("nav.floor")}</a> <span aria-hidden="true">/</span> {levels.slice(1, -1).map(title).join(" / ")}
      </p>
      <div class="page-head">
        <h1>{title(levels.at(-1) ?? "")}</h1>
        <ShiftChoice pick={shiftPick()} />
      </div>
      {store.refused.value !== "" ? (
        <Empty title={t("floor.refused")} next={store.refused.value} />
      ) : lines === null ? (
        <Loading rows={4} />
      ) : line === undefined ? (
        <Empty title={t("line.unknown", { path })} next={<a href="/floor">{t("state.to_floor")}</a>} />
      ) : (
        <Line path={path} store={store} machines={line.machines} />
      )}
    </div>
  );
}
