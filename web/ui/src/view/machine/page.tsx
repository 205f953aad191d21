/** One machine: its state, streaming trends, counters, other values and open issues. */

import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { stateClass, wordOf } from "../../data/plant/packml.ts";
import type { Column } from "../../data/live/protocol.ts";
import { rules as allRules } from "../../data/rest/api.ts";
import { rangeText, saveCharts } from "../chart/picture.ts";
import { lineUrl, query } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { showColumn } from "../live/shown.ts";
import { concerns, openIssues } from "../live/issues.ts";
import { MachineStore } from "../live/machine.ts";
import { textTick } from "../live/pace.ts";
import { useResource } from "../live/resource.ts";
import { phase, serverClock, zone } from "../live/session.ts";
import { who } from "../live/who.ts";
import { age, since, title } from "../parts/format.ts";
import { StateGlyph } from "../parts/glyph.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Value } from "../parts/value.tsx";
import { worstFirst } from "../issues/order.ts";
import { IssueTable } from "../issues/table.tsx";
import { Export } from "../parts/export.tsx";
import { StateStrip } from "./states.tsx";
import { ControlCharts, type Drawings } from "./spc.tsx";
import { followed, type RuleLimits } from "./limits.ts";
import { Pareto } from "./pareto.tsx";
import { Range } from "./range.tsx";
import { AlarmPanel, ConnectorPanel, ShiftPanel } from "./side.tsx";
import { boundedSpan, spanOf, wish, type Span, type Wish } from "./span.ts";
import { TrendPanel } from "./trend.tsx";
import "./machine.css";

function State(props: { store: MachineStore }): JSX.Element | null {
  void textTick.value;
  const { store } = props;
  const now = serverClock.now();
  const i = store.stateColumn();
  if (i < 0) return null;
  const freshness = store.table.freshness(i, now);
  const word = wordOf(store.table.columns[i] as Column, store.table.value[i] as number, store.table.text.get(i));
  const fresh = freshness === "fresh" && phase.value === "live";
  return (
    <p class="machine-state" data-freshness={freshness}>
      <StateGlyph of={fresh ? stateClass(word) : "none"} />
      <strong>{fresh ? word : t(freshness === "away" ? "packml.away" : "packml.none")}</strong>
      {fresh && store.since !== null ? (
        <span class="quiet">
          {since(now - store.since.sinceMs, store.since.certainty)} {t("machine.in_state")}
        </span>
      ) : null}
      {!fresh && word !== "" ? <s class="quiet">{word}</s> : null}
      {freshness === "away" ? (
        <span class="quiet">{t("value.away", { age: age(now - (store.table.sourceMs[i] as number)) })}</span>
      ) : null}
    </p>
  );
}

function ValueTable(props: { store: MachineStore; heading: string; wanted: (column: Column) => boolean }): JSX.Element | null {
  void textTick.value;
  const { store } = props;
  const now = serverClock.now();
  const rows = store.table.columns.map((column, i) => ({ column, i })).filter(({ column }) => props.wanted(column));
  if (rows.length === 0) return null;
  return (
    <section class="panel">
      <h2>{props.heading}</h2>
      <table class="values">
        <thead>
          <tr>
            <th scope="col">{t("machine.signal")}</th>
            <th scope="col" class="num">{t("machine.value")}</th>
            <th scope="col" class="num">{t("machine.source_time")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ column, i }) => {
            const source = store.table.sourceMs[i] as number;
            return (
              <tr key={column.path} data-signal={column.name}>
                <th scope="row">{title(column.name)}</th>
                <td class="num">
                  <Value {...showColumn(store.table, i, now)} unit={column.unit} />
                </td>
                <td class="num quiet">{Number.isNaN(source) ? t("value.none") : zone.value.format(source, "seconds")}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

const NO_RULES: RuleLimits = [];

function Trends(props: { store: MachineStore; span: Span }): JSX.Element {
  const { store, span } = props;
  const trends = store.trends.value;
  const rules = useResource(allRules, [], 60_000).value ?? NO_RULES;
  const setpoints = useMemo(() => followed(trends ?? []), [trends]);
  const marked = query.value.get("signal");
  if (trends === null) return <Loading rows={3} />;
  if (trends.length === 0) return <Empty title={t("machine.no_trends")} />;
  const drawn = new Set(setpoints.values());
  return (
    <div class="trends">
      {trends
        .filter((trend) => !drawn.has(trend))
        .map((trend) => (
          <TrendPanel
            key={trend.column.path}
            trend={trend}
            setpoint={setpoints.get(trend.column.path) ?? null}
            rules={rules}
            store={store}
            span={span}
            marked={trend.column.name === marked}
          />
        ))}
    </div>
  );
}

function Notes(props: { store: MachineStore; pausedMs: number | null; failed: string }): JSX.Element {
  const { store, pausedMs } = props;
  const error = store.historyError.value;
  return (
    <>
      {pausedMs === null ? null : (
        <p class="note" role="status">
          {t("machine.paused", { time: zone.value.format(pausedMs, "seconds") })}
        </p>
      )}
      {props.failed === "" ? null : (
        <p class="note" role="alert">
          {t("span.failed", { error: props.failed })}
        </p>
      )}
      {store.leftOut.value ? <p class="note">{t("machine.left_out")}</p> : null}
      {error === "" ? null : <p class="note">{t("machine.history_failed", { error })}</p>}
    </>
  );
}

/** Every trend and control chart on the page as one picture. */
function saveAll(store: MachineStore, machine: string, span: Span, drawn: Drawings): void {
  const to = span.endMs ?? serverClock.now();
  const trends = (store.trends.peek() ?? []).flatMap(({ column }) => {
    const chart = store.charts.get(column.path);
    const unit = column.unit === "" ? "" : ` (${column.unit})`;
    return chart === undefined ? [] : [{ canvas: chart.picture(), heading: `${column.path}${unit}` }];
  });
  const pictures = [...trends, ...[...drawn.values()].flatMap((each) => each())];
  if (pictures.length > 0) saveCharts(pictures, rangeText(to - span.windowMs, to), `${machine.slice(machine.lastIndexOf("/") + 1)}.png`);
}

const isCounter = (column: Column): boolean => column.kind === "counter";
const isOther = (column: Column): boolean =>
  !isCounter(column) &&
  column.role !== "state" &&
  !(["measurement", "setpoint"].includes(column.kind) && ["float", "integer"].includes(column.data_type));

/** The range the address asks for: at once where its bounds stand there, else when the server has told them. */
function useSpan(machine: string): { readonly of: Wish; readonly span: Span; readonly failed: string } {
  const of = wish();
  const key = JSON.stringify(of);
  const bounded = of.shift !== null || of.day !== "";
  const found = useResource(
    async () => (bounded ? boundedSpan(of, machine) : null),
    [key, machine],
    of.shift === "current" || of.day !== "" ? 30_000 : 0,
  );
  const state = found.state.value;
  const told = state.status === "ready" ? state.value : null;
  const span = useMemo(() => told ?? spanOf(of), [key, told, zone.value]);
  return { of, span, failed: state.status === "failed" ? state.error.message : "" };
}

function Machine(props: { store: MachineStore; machine: string }): JSX.Element {
  const { store, machine } = props;
  const { of, span, failed } = useSpan(machine);
  const drawn = useMemo((): Drawings => new Map(), [machine]);
  useEffect(() => {
    store.setRange(span.windowMs, span.endMs);
  }, [span]);
  const mine = (openIssues.value ?? []).filter((issue) => concerns(issue, machine));
  const paused = of.toMs !== null && of.fromMs === null && of.shift === null && of.day === "";
  return (
    <>
      <div class="page-head machine-bar">
        <Range wish={of} span={span} />
        <div class="machine-actions">
        <button
          type="button"
          class="button"
          onClick={() => {
            saveAll(store, machine, span, drawn);
          }}
        >
          {t("machine.pictures")}
        </button>
        <Export
          paths={() => (store.trends.peek() ?? []).map((trend) => trend.column.path)}
          range={() => {
            const to = span.endMs ?? serverClock.now();
            return [to - span.windowMs, to];
          }}
        />
        </div>
      </div>
      <StateStrip store={store} span={span} />
      <Notes store={store} pausedMs={paused ? of.toMs : null} failed={failed} />
      <div class="machine-grid">
        <div>
          <h2 class="visually-hidden">{t("machine.trends")}</h2>
          <Trends store={store} span={span} />
          <ControlCharts machine={machine} span={span} drawn={drawn} />
        </div>
        <div class="machine-side">
          <ShiftPanel machine={machine} />
          <AlarmPanel machine={machine} />
          <section class="panel">
            <h2>{t("machine.issues")}</h2>
            {mine.length === 0 ? <p class="quiet">{t("machine.no_issues")}</p> : <IssueTable issues={worstFirst(mine)} short />}
          </section>
          <Pareto machine={machine} store={store} span={span} />
          <ValueTable store={store} heading={t("machine.counters")} wanted={isCounter} />
          <ValueTable store={store} heading={t("machine.values")} wanted={isOther} />
          <ConnectorPanel machine={machine} />
        </div>
      </div>
    </>
  );
}

export function MachinePage(props: { rest: string }): JSX.Element {
  const machine = props.rest;
  const store = useMemo(() => new MachineStore(machine, wish().windowS * 1_000), [machine]);
  useEffect(() => {
    store.open();
    return () => {
      store.close();
    };
  }, [store]);
  const levels = machine.split("/");
  const gone = store.refused.value !== "" || store.trends.value !== null && store.table.columns.length === 0;
  return (
    <div class="machine">
      <p class="crumbs">
        <a href="/floor">{t("nav.floor")}</a> <span aria-hidden="true">/</span> {levels.slice(1, -2).map(title).join(" / ")}{" "}
        <span aria-hidden="true">/</span> <a href={lineUrl(levels.slice(0, -1).join("/"))}>{title(levels.at(-2) ?? "")}</a>
      </p>
      <div class="machine-title">
        <h1>{title(levels.at(-1) ?? "")}</h1>
        {gone ? null : <State store={store} />}
        {who.value?.rights.includes("setpoint.read") === true ? (
          <a href={`/control/${machine}`}>{t("machine.control")}</a>
        ) : null}
      </div>
      {gone ? (
        <Empty
          title={t("state.no_machine", { path: machine })}
          next={
            <>
              {store.refused.value === "" ? t("state.no_machine_next") : store.refused.value}{" "}
              <a href="/floor">{t("state.to_floor")}</a>
            </>
          }
        />
      ) : (
        // What a machine has is asked only once it is known to be there.
        store.trends.value === null ? <Loading rows={3} /> : <Machine store={store} machine={machine} />
      )}
    </div>
  );
}
