/** One signal's trend: its value now or under the cursor, the chart, and the numbers behind it as a table. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { joinTrend, type TrendColumns } from "../../data/plant/trend.ts";
import type { GapSpan } from "../../data/rest/model.ts";
import { Chart } from "../chart/chart.ts";
import type { Limit } from "../chart/overlay.ts";
import { rangeText, saveChart } from "../chart/picture.ts";
import type { Column } from "../../data/live/protocol.ts";
import { t } from "../i18n/index.ts";
import { showColumn } from "../live/shown.ts";
import type { MachineStore, Trend } from "../live/machine.ts";
import { holds } from "../live/held.ts";
import { onChartTick, textTick } from "../live/pace.ts";
import { serverClock, zone } from "../live/session.ts";
import { age, number, title } from "../parts/format.ts";
import { Value } from "../parts/value.tsx";
import { alarmLimits, type RuleLimits } from "./limits.ts";
import type { Span } from "./span.ts";

const HEIGHT = 190;
const TABLE_ROWS = 60;
const GAPS_LISTED = 30;
const DAY_MS = 86_400_000;
/** Changes closer together than this are joined by a line, as samples are. */
const HOLD_MS = 1_000;
/** How often what is scrolled away is brought up to date: a picture of it may be asked for. */
const UNSEEN_EVERY_MS = 1_000;
/** How often a screen reader is given another summary of a chart that moves. */
const SUMMARY_EVERY_MS = 5_000;
/** From when on it is said since when a value holds. */
const SAID_FROM_MS = 10_000;

export function limitsOf(low: number | null, high: number | null, decimals: number): Limit[] {
  return [
    ...(low === null ? [] : [{ name: number(low, decimals), value: low }]),
    ...(high === null ? [] : [{ name: number(high, decimals), value: high }]),
  ];
}

function gapText(count: number): string {
  return count === 1 ? t("chart.gap_one") : t("chart.gaps", { count });
}

function summary(trend: Trend, columns: TrendColumns, now: string, windowName: string): string {
  const { column } = trend;
  const values = [...columns.value, ...columns.low, ...columns.high].filter((each): each is number => each !== null);
  const reduce = (pick: (a: number, b: number) => number): string =>
    values.length === 0 ? t("value.none") : number(values.reduce(pick), column.decimals);
  return t("chart.summary", {
    name: title(column.name),
    value: now,
    unit: column.unit,
    low: reduce((a, b) => Math.min(a, b)),
    high: reduce((a, b) => Math.max(a, b)),
    window: windowName,
  });
}

export function PointTable(props: { columns: TrendColumns; name: string; decimals: number; unit: string }): JSX.Element {
  const { columns, decimals } = props;
  const from = Math.max(0, columns.time.length - TABLE_ROWS);
  const rows = columns.time.slice(from).map((timeMs, i) => ({ timeMs, i: from + i })).reverse();
  const cell = (value: number | null | undefined): string => number(value ?? null, decimals);
  return (
    <div class="points" tabIndex={0} role="region" aria-label={t("chart.table_caption", { name: props.name })}>
      <table>
        <caption class="visually-hidden">{t("chart.table_caption", { name: props.name })}</caption>
        <thead>
          <tr>
            <th scope="col">{t("chart.time")}</th>
            <th scope="col" class="num">
              {t("chart.value")} {props.unit}
            </th>
            <th scope="col" class="num">{t("chart.low")}</th>
            <th scope="col" class="num">{t("chart.high")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ timeMs, i }) => (
            <tr key={timeMs}>
              <td>{zone.value.format(timeMs, "seconds")}</td>
              <td class="num">{columns.value[i] === null ? t("chart.gap") : cell(columns.value[i])}</td>
              <td class="num">{cell(columns.low[i])}</td>
              <td class="num">{cell(columns.high[i])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** While it is fresh, the newest value of what is sent when it changes holds from then until now. */
function holdToNow(columns: TrendColumns, store: MachineStore, trend: Trend, fromMs: number, toMs: number): void {
  if (store.table.freshness(trend.number, serverClock.now()) !== "fresh") return;
  const source = store.table.sourceMs[trend.number] as number;
  // A window that stands still ends before the newest value: there the last one drawn holds.
  const value = source > toMs ? (columns.value.at(-1) ?? null) : (store.table.value[trend.number] as number);
  if (value === null) return;
  const last = columns.time.at(-1) ?? -Infinity;
  for (const time of [Math.max(source, fromMs), toMs]) {
    if (time <= last || time > toMs || time <= (columns.time.at(-1) ?? -Infinity)) continue;
    columns.time.push(time);
    columns.value.push(value);
    columns.low.push(null);
    columns.high.push(null);
  }
}

/** What a set-point has been over the window, up to now. */
function setpointColumns(trend: Trend, store: MachineStore, fromMs: number, toMs: number): TrendColumns {
  const columns = joinTrend(trend.history, store.historyToMs, trend.ring, fromMs, Infinity, Infinity, true);
  holdToNow(columns, store, trend, fromMs, toMs);
  return columns;
}

/** Repaints when new samples or a move of the window by about a pixel would show. */
function follow(trend: Trend, store: MachineStore, span: () => Span, draw: (columns: TrendColumns, fromMs: number, toMs: number) => void, chart: Chart): () => void {
  let drawnMs = 0;
  let drawnSpan: Span | null = null;
  let drawnHistory: unknown = null;
  return onChartTick(() => {
    const now = serverClock.now();
    const { windowMs, endMs } = span();
    if (Number.isNaN(now)) return;
    const same = drawnSpan === span() && drawnHistory === trend.history;
    const everyMs = chart.inView ? Math.min(windowMs / 1_500, 5_000) : UNSEEN_EVERY_MS;
    if (same && (endMs !== null || now - drawnMs < everyMs)) return;
    drawnMs = now;
    drawnSpan = span();
    drawnHistory = trend.history;
    const to = endMs ?? now;
    const stale = trend.column.stale_after_ms;
    const silence = trend.column.kind === "setpoint" || stale <= 0 ? Infinity : stale;
    const holdMs = holds(trend.column) && trend.column.kind !== "setpoint" ? HOLD_MS : Infinity;
    const columns = joinTrend(trend.history, store.historyToMs, trend.ring, to - windowMs, silence, holdMs, holds(trend.column));
    if (holds(trend.column)) holdToNow(columns, store, trend, to - windowMs, to);
    draw(columns, to - windowMs, to);
    chart.show(columns, to - windowMs, to, trend.history?.gaps ?? []);
  });
}

function gapStory(gap: GapSpan): string {
  return t("chart.gap_at", {
    state: t(`gap.${gap.state}`),
    from: zone.value.format(gap.start_ms, "seconds"),
    to: gap.end_ms === null ? t("chart.now") : zone.value.format(gap.end_ms, "seconds"),
    cause: gap.cause,
  });
}

/** What happened to each gap of the window, for who cannot point at it. */
function GapList(props: { gaps: readonly GapSpan[] }): JSX.Element | null {
  if (props.gaps.length === 0) return null;
  return (
    <ul class="gap-list" aria-label={t("chart.gap_list")}>
      {props.gaps.slice(-GAPS_LISTED).map((gap) => (
        <li key={gap.start_ms}>{gapStory(gap)}</li>
      ))}
    </ul>
  );
}

function savePicture(chart: Chart, column: Column, span: Span): void {
  const to = span.endMs ?? serverClock.now();
  const unit = column.unit === "" ? "" : ` (${column.unit})`;
  saveChart(chart.picture(), `${column.path}${unit}`, rangeText(to - span.windowMs, to), `${column.name}.png`);
}

export interface TrendProps {
  readonly trend: Trend;
  /** The set-point that this signal follows. */
  readonly setpoint: Trend | null;
  readonly rules: RuleLimits;
  readonly store: MachineStore;
  readonly span: Span;
  readonly marked: boolean;
}

export function TrendPanel(props: TrendProps): JSX.Element {
  const { trend, setpoint, store, marked } = props;
  const { column } = trend;
  const host = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLElement>(null);
  const span = useRef(props.span);
  span.current = props.span;
  const columns = useRef<TrendColumns | null>(null);
  const wanted = useRef<TrendColumns | null>(null);
  const chartRef = useRef<Chart | null>(null);
  const cursor = useMemo(() => signal<{ timeMs: number; value: number | null; gap: GapSpan | null } | null>(null), []);
  const open = useMemo(() => signal(false), []);
  useEffect(() => {
    const chart = new Chart(host.current as HTMLElement, {
      zone: () => zone.value,
      decimals: column.decimals,
      height: HEIGHT,
      limits: [...limitsOf(column.low, column.high, column.decimals), ...alarmLimits(props.rules, column)],
      scale: "to_data",
      marks: [],
      setpoint: () => wanted.current,
      line: column.kind === "setpoint" ? "stepped" : "straight",
      sync: column.machine,
      onCursor: (timeMs, value, gap) => {
        cursor.value = timeMs === null ? null : { timeMs, value, gap };
      },
    });
    const draw = (next: TrendColumns, fromMs: number, toMs: number): void => {
      columns.current = next;
      wanted.current = setpoint === null ? null : setpointColumns(setpoint, store, fromMs, toMs);
    };
    const stop = follow(trend, store, () => span.current, draw, chart);
    store.charts.set(column.path, chart);
    chartRef.current = chart;
    return () => {
      chartRef.current = null;
      store.charts.delete(column.path);
      stop();
      chart.destroy();
    };
  }, [trend, setpoint, props.rules]);
  useEffect(() => {
    if (marked) panel.current?.scrollIntoView({ block: "center" });
  }, [marked]);
  void textTick.value;
  const shown = showColumn(store.table, trend.number, serverClock.now());
  const ageMs = serverClock.now() - (store.table.sourceMs[trend.number] as number);
  const at = cursor.value;
  const drawn = columns.current;
  const label = useMemo(
    () => (drawn === null ? title(column.name) : summary(trend, drawn, shown.text, props.span.windowName)),
    [trend, drawn === null, props.span, Math.floor(serverClock.now() / SUMMARY_EVERY_MS)],
  );
  const gaps = (trend.history?.gaps ?? []).filter((gap) => gap.state === "open" || gap.state === "lost").length;
  return (
    <section ref={panel} class={`panel trend${marked ? " trend-marked" : ""}`} aria-label={title(column.name)}>
      <div class="trend-head">
        <h3>{title(column.name)}</h3>
        {at === null ? (
          <>
            <Value {...shown} unit={column.unit} />
            {shown.freshness === "fresh" && holds(trend.column) && ageMs > SAID_FROM_MS ? (
              <span class="quiet trend-holds">{t("machine.holds", { age: age(ageMs) })}</span>
            ) : null}
          </>
        ) : (
          <span class="trend-at">
            <span class="value">
              {at.value === null ? t("chart.gap") : number(at.value, column.decimals)}
              {at.value === null ? null : <span class="unit">{column.unit}</span>}
            </span>
            <span class="quiet">
              {t("chart.at", { time: zone.value.format(at.timeMs, props.span.windowMs > DAY_MS ? "full" : "seconds") })}
            </span>
            {at.gap === null ? null : <span class="trend-gap">{gapStory(at.gap)}</span>}
          </span>
        )}
        {setpoint === null || at !== null ? null : (
          <span class="quiet trend-setpoint">
            {t("trend.setpoint")} <Value {...showColumn(store.table, setpoint.number, serverClock.now())} />
          </span>
        )}
        <span class="trend-note">
          {gaps > 0 ? `${gapText(gaps)} ` : ""}
          {column.low !== null && column.high !== null && at === null ? (
            <span>{t("chart.limits", { low: number(column.low, column.decimals), high: number(column.high, column.decimals), unit: column.unit })}</span>
          ) : null}
        </span>
        <button
          type="button"
          class="small-button"
          aria-label={t("chart.picture_of", { name: title(column.name) })}
          onClick={() => {
            if (chartRef.current !== null) savePicture(chartRef.current, column, props.span);
          }}
        >
          {t("chart.png")}
        </button>
      </div>
      <div
        ref={host}
        class="chart"
        role="img"
        aria-label={label}
      />
      {drawn !== null && drawn.time.length === 0 ? (
        <p class="trend-empty">{t(store.historyToMs === 0 ? "state.loading" : "chart.empty")}</p>
      ) : null}
      <details onToggle={(event) => (open.value = event.currentTarget.open)}>
        <summary>{t("chart.table")}</summary>
        {open.value && drawn !== null ? (
          <>
            <PointTable columns={drawn} name={title(column.name)} decimals={column.decimals} unit={column.unit} />
            <GapList gaps={trend.history?.gaps ?? []} />
          </>
        ) : null}
      </details>
    </section>
  );
}
