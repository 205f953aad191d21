/** One machine: its state, streaming trends, counters, other values and open issues. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { stateClass, wordOf } from "../../data/plant/packml.ts";
import type { Column } from "../../data/live/protocol.ts";
import { go, query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { showColumn } from "../live/floor.ts";
import { concerns, openIssues } from "../live/issues.ts";
import { MachineStore } from "../live/machine.ts";
import { textTick } from "../live/pace.ts";
import { phase, serverClock, zone } from "../live/session.ts";
import { age, since, title } from "../parts/format.ts";
import { StateGlyph } from "../parts/glyph.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Value } from "../parts/value.tsx";
import { worstFirst } from "../issues/order.ts";
import { IssueTable } from "../issues/table.tsx";
import { Export } from "../parts/export.tsx";
import { StateStrip } from "./states.tsx";
import { TrendPanel, type Span } from "./trend.tsx";
import "./machine.css";

const WINDOWS_S = [60, 300, 900, 3_600, 28_800, 86_400, 604_800, 2_592_000] as const;
const DEFAULT_S = 300;

function windowS(): number {
  const asked = Number(query.value.get("window"));
  return WINDOWS_S.find((each) => each === asked) ?? DEFAULT_S;
}

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

function Windows(props: { paused: number | null; pause: (on: boolean) => void }): JSX.Element {
  const chosen = windowS();
  return (
    <div class="windows">
      <div class="segments" role="group" aria-label={t("machine.window")}>
        {WINDOWS_S.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each === chosen}
            onClick={() => {
              go(withQuery("window", String(each)), "replace");
            }}
          >
            {t(`window.${each}` as Key)}
          </button>
        ))}
      </div>
      <button
        type="button"
        class="toggle"
        aria-pressed={props.paused !== null}
        onClick={() => {
          props.pause(props.paused === null);
        }}
      >
        {t(props.paused === null ? "machine.pause" : "machine.resume")}
      </button>
    </div>
  );
}

function Trends(props: { store: MachineStore; span: Span }): JSX.Element {
  const trends = props.store.trends.value;
  const marked = query.value.get("signal");
  if (trends === null) return <Loading rows={3} />;
  if (trends.length === 0) return <Empty title={t("machine.no_trends")} />;
  return (
    <div class="trends">
      {trends.map((trend) => (
        <TrendPanel
          key={trend.column.path}
          trend={trend}
          store={props.store}
          span={props.span}
          marked={trend.column.name === marked}
        />
      ))}
    </div>
  );
}

function Notes(props: { store: MachineStore; paused: number | null }): JSX.Element {
  const { store, paused } = props;
  const error = store.historyError.value;
  return (
    <>
      {paused === null ? null : (
        <p class="note" role="status">
          {t("machine.paused", { time: zone.value.format(paused, "seconds") })}
        </p>
      )}
      {store.leftOut.value ? <p class="note">{t("machine.left_out")}</p> : null}
      {error === "" ? null : <p class="note">{t("machine.history_failed", { error })}</p>}
    </>
  );
}

const isCounter = (column: Column): boolean => column.kind === "counter";
const isOther = (column: Column): boolean =>
  !isCounter(column) &&
  column.role !== "state" &&
  !(["measurement", "setpoint"].includes(column.kind) && ["float", "integer"].includes(column.data_type));

function Machine(props: { store: MachineStore; machine: string }): JSX.Element {
  const { store, machine } = props;
  const paused = useMemo(() => signal<number | null>(null), []);
  const seconds = windowS();
  const span = useMemo<Span>(
    () => ({ windowMs: seconds * 1_000, windowName: t(`window.${seconds}` as Key), pausedMs: paused.value }),
    [seconds, paused.value],
  );
  useEffect(() => {
    store.setWindow(span.windowMs);
  }, [span.windowMs]);
  const mine = (openIssues.value ?? []).filter((issue) => concerns(issue, machine));
  return (
    <>
      <div class="page-head machine-bar">
        <State store={store} />
        <Windows paused={paused.value} pause={(on) => (paused.value = on ? serverClock.now() : null)} />
        <Export
          paths={() => (store.trends.peek() ?? []).map((trend) => trend.column.path)}
          range={() => {
            const to = paused.peek() ?? serverClock.now();
            return [to - span.windowMs, to];
          }}
        />
      </div>
      <StateStrip store={store} span={span} />
      <Notes store={store} paused={paused.value} />
      <div class="machine-grid">
        <div>
          <h2 class="visually-hidden">{t("machine.trends")}</h2>
          <Trends store={store} span={span} />
        </div>
        <div class="machine-side">
          <section class="panel">
            <h2>{t("machine.issues")}</h2>
            {mine.length === 0 ? <p class="quiet">{t("machine.no_issues")}</p> : <IssueTable issues={worstFirst(mine)} short />}
          </section>
          <ValueTable store={store} heading={t("machine.counters")} wanted={isCounter} />
          <ValueTable store={store} heading={t("machine.values")} wanted={isOther} />
        </div>
      </div>
    </>
  );
}

export function MachinePage(props: { rest: string }): JSX.Element {
  const machine = props.rest;
  const store = useMemo(() => new MachineStore(machine, windowS() * 1_000), [machine]);
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
        <a href="/floor">{t("nav.floor")}</a> <span aria-hidden="true">/</span> {levels.slice(1, -1).map(title).join(" / ")}
      </p>
      <h1>{title(levels.at(-1) ?? "")}</h1>
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
        <Machine store={store} machine={machine} />
      )}
    </div>
  );
}
