/** Control charts of a machine: limits and their version, what fired, dependence of the points, capability. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { chartsOf, controlChart, type ChartSummary, type ControlChart } from "../../data/rest/charts.ts";
import { rangeText, saveCharts, type Picture } from "../chart/picture.ts";
import { canvasOf } from "../chart/vector.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock, zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { shownChart } from "./spc-units.ts";
import { decimalsOf, panelName, ruleNumber, SpcDrawing } from "./spc-drawing.tsx";
import type { Span } from "./span.ts";

const EVERY_MS = 15_000;
const TABLE_POINTS = 200;

function Capability(props: { of: NonNullable<ControlChart["capability"]>; unit: string }): JSX.Element {
  const { of } = props;
  return (
    <div class="spc-capability">
      <h4>{t("spc.capability")}</h4>
      {of.indices.length === 0 ? null : (
        <dl>
          {of.indices.map((index) => (
            <div key={index.name}>
              <dt>{index.name}</dt>
              <dd>
                <strong>{number(index.value, 2)}</strong>{" "}
                <span class="quiet">{t("spc.interval", { low: number(index.low, 2), high: number(index.high, 2) })}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      {of.refused === "" ? null : <p class="spc-refused">{of.refused}</p>}
      <p class="quiet">
        {t("spc.capability_note", { values: number(of.values), confidence: number(of.confidence * 100) })}
      </p>
    </div>
  );
}

function Legend(props: { chart: ControlChart }): JSX.Element | null {
  const { chart } = props;
  const fired = new Set(chart.points.hits.flat());
  const shown = chart.legend.filter((rule) => fired.has(rule.name));
  if (shown.length === 0) return <p class="quiet">{t("spc.nothing_fired")}</p>;
  return (
    <ul class="spc-legend" aria-label={t("spc.legend")}>
      {shown.map((rule) => (
        <li key={rule.name}>
          <span class="spc-number">{ruleNumber(rule.name)}</span> {rule.text}
        </li>
      ))}
    </ul>
  );
}

function Points(props: { chart: ControlChart }): JSX.Element {
  const { points, panels } = props.chart;
  const from = Math.max(0, points.number.length - TABLE_POINTS);
  const rows = points.number.slice(from).map((_, i) => from + i).reverse();
  return (
    <div class="points" tabIndex={0} role="region" aria-label={t("spc.table")}>
      <table>
        <thead>
          <tr>
            <th scope="col" class="num">{t("spc.point")}</th>
            <th scope="col">{t("chart.time")}</th>
            {panels.map((panel) => (
              <th key={panel.name} scope="col" class="num">
                {panelName(panel)} {panel.unit}
              </th>
            ))}
            <th scope="col">{t("spc.fired")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td class="num">{points.number[i]}</td>
              <td>{zone.value.format(points.end_ms[i] as number, "seconds")}</td>
              {panels.map((panel) => (
                <td key={panel.name} class="num">
                  {number(panel.value[i] ?? null, decimalsOf(panel))}
                </td>
              ))}
              <td>{(points.hits[i] ?? []).map(ruleNumber).join(", ")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whose limits these are: their version, or how far Phase I has come. */
function limitsText(of: ChartSummary): string {
  const kind = tOr(`spc.kind.${of.kind}`, of.kind);
  if (of.limits === null) return t("spc.phase_one", { kind, have: number(of.have), want: number(of.want) });
  return t(of.limits.points > 0 ? "spc.limits" : "spc.limits_given", {
    kind,
    version: of.limits.version.slice(0, 8),
    origin: tOr(`spc.origin.${of.limits.origin}`, of.limits.origin),
    points: number(of.limits.points),
  });
}

function pointText(chart: ControlChart, at: number): string {
  const [panel] = chart.panels;
  if (panel === undefined) return "";
  const value = `${number(panel.value[at] ?? null, decimalsOf(panel))} ${panel.unit}`;
  return t("spc.at", { point: number(chart.points.number[at] ?? 0), time: zone.value.format(chart.points.end_ms[at] as number, "seconds"), value });
}

/** What makes the pictures of each control chart that is drawn. */
export type Drawings = Map<string, () => readonly Picture[]>;

/** One picture a panel: the statistic, whose it is, and whose limits. */
function picturesOf(chart: ControlChart, host: HTMLElement | null): Picture[] {
  const drawn = host?.querySelectorAll<SVGSVGElement>(".spc-drawing") ?? [];
  return [...drawn].map((drawing, place) => {
    const unit = chart.panels[place]?.unit ?? "";
    const heading = `${chart.summary.title}: ${chart.summary.signal}${unit === "" ? "" : ` (${unit})`}`;
    return { canvas: canvasOf(drawing), heading: place === 0 ? `${heading}, ${limitsText(chart.summary)}` : heading };
  });
}

function SaveButton(props: { chart: ControlChart; host: () => HTMLElement | null }): JSX.Element {
  const { chart, host } = props;
  return (
    <button
      type="button"
      class="small-button"
      aria-label={t("chart.picture_of", { name: chart.summary.title })}
      onClick={() => {
        const file = `${chart.summary.rule}-${chart.summary.signal.slice(chart.summary.signal.lastIndexOf("/") + 1)}.png`;
        saveCharts(picturesOf(chart, host()), rangeText(chart.start_ms, chart.end_ms), file);
      }}
    >
      {t("chart.png")}
    </button>
  );
}

function Chart(props: { of: ChartSummary; span: Span; drawn: Drawings }): JSX.Element {
  const { of, span, drawn } = props;
  const host = useRef<HTMLElement>(null);
  const pointed = useMemo(() => signal<number | null>(null), []);
  const open = useMemo(() => signal(false), []);
  const found = useResource(
    async () => {
      const to = span.endMs ?? serverClock.now();
      return shownChart(await controlChart(of, to - span.windowMs, to));
    },
    [of.rule, of.signal, of.side, span],
    span.endMs === null ? EVERY_MS : 0,
  );
  useEffect(() => {
    const key = keyOf(of);
    drawn.set(key, () => (found.value === null ? [] : picturesOf(found.value, host.current)));
    return () => {
      drawn.delete(key);
    };
  }, [found, drawn]);
  const state = found.state.value;
  if (state.status === "loading") return <Loading rows={2} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void found.load()} />;
  const chart = state.value;
  const hits = chart.points.hits.filter((names) => names.length > 0).length;
  const at = pointed.value !== null && pointed.value < chart.points.number.length ? pointed.value : null;
  return (
    <section ref={host} class="panel spc" aria-label={of.title} data-chart={of.rule}>
      <div class="trend-head">
        <h3>{of.title}</h3>
        <span class="quiet">{at === null ? limitsText(chart.summary) : pointText(chart, at)}</span>
        <span class="trend-note">{t("spc.summary", { points: number(chart.points.number.length), hits: number(hits) })}</span>
        {chart.points.number.length === 0 ? null : <SaveButton chart={chart} host={() => host.current} />}
      </div>
      {chart.points.number.length === 0 ? (
        <p class="quiet">{t("spc.no_points", { window: span.windowName })}</p>
      ) : (
        <>
          {chart.panels.map((panel, place) => (
            <SpcDrawing key={panel.name} chart={chart} place={place} pointed={at} point={(to) => (pointed.value = to)} />
          ))}
          <div class="spc-words">
            <div>
              <Legend chart={chart} />
              {chart.autocorrelation === null ? null : (
                <p class={chart.autocorrelation.dependent ? "spc-dependent" : "quiet"}>{chart.autocorrelation.sentence}</p>
              )}
            </div>
            {chart.capability === null ? null : <Capability of={chart.capability} unit={of.unit} />}
          </div>
          <details onToggle={(event) => (open.value = event.currentTarget.open)}>
            <summary>{t("chart.table")}</summary>
            {open.value ? <Points chart={chart} /> : null}
          </details>
        </>
      )}
    </section>
  );
}

const keyOf = (of: ChartSummary): string => `${of.rule} ${of.signal} ${of.side}`;

export function ControlCharts(props: { machine: string; span: Span; drawn: Drawings }): JSX.Element | null {
  const list = useResource(() => chartsOf(props.machine), [props.machine], 60_000);
  const state = list.state.value;
  if (state.status === "failed") return state.code === 403 ? null : <Empty title={t("spc.failed")} next={state.error.message} />;
  if (state.status === "loading" || state.value.length === 0) return null;
  return (
    <section class="spc-charts" aria-label={t("spc.title")}>
      <h2>{t("spc.title")}</h2>
      {state.value.map((each) => (
        <Chart key={keyOf(each)} of={each} span={props.span} drawn={props.drawn} />
      ))}
    </section>
  );
}
