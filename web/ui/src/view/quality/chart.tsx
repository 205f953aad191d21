/** The control chart of an item's values: points, centre, control limits, what the drawing allows. */

import type { JSX } from "preact";
import { itemChart, type ItemChart } from "../../data/rest/quality.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { number } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";

const WIDTH = 600;
const HEIGHT = 150;
const PAD = 10;

function Drawn(props: { readonly chart: ItemChart; readonly item: string }): JSX.Element {
  const { chart } = props;
  const all = [...chart.value, chart.lower, chart.upper, chart.low, chart.high].filter((each): each is number => each !== null);
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const x = (i: number): number => PAD + (i * (WIDTH - 2 * PAD)) / Math.max(1, chart.value.length - 1);
  const y = (value: number): number => HEIGHT - PAD - ((value - low) / span) * (HEIGHT - 2 * PAD);
  const out = chart.runs.filter((_, i) => (chart.fired[i] ?? []).length > 0);
  const lines: readonly (readonly [string, number | null])[] = [
    ["centre", chart.centre], ["limit", chart.lower], ["limit", chart.upper], ["wanted", chart.low], ["wanted", chart.high],
  ];
  const told = t("quality.chart_of", {
    item: props.item,
    count: chart.value.length,
    centre: number(chart.centre, 2),
    lower: number(chart.lower, 2),
    upper: number(chart.upper, 2),
    out: out.length === 0 ? t("quality.nobody") : out.join(", "),
  });
  return (
    <>
      <svg class="item-chart" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label={told}>
        {lines.map(([kind, value], i) =>
          value === null ? null : <line key={`${kind}${String(i)}`} class={kind} x1="0" x2={WIDTH} y1={y(value)} y2={y(value)} />,
        )}
        <polyline points={chart.value.map((value, i) => `${String(x(i))},${String(y(value))}`).join(" ")} />
        {chart.value.map((value, i) => {
          const fired = (chart.fired[i] ?? []).length > 0;
          return fired ? (
            <rect key={i} class="out" x={x(i) - 4} y={y(value) - 4} width="8" height="8" />
          ) : (
            <circle key={i} cx={x(i)} cy={y(value)} r="2.5" />
          );
        })}
      </svg>
      {out.length > 0 ? <p>{`${t("quality.chart_out")}: ${out.join(", ")}`}</p> : null}
    </>
  );
}

export function Chart(props: { readonly checklist: string; readonly item: string; readonly machine: string; readonly name: string }): JSX.Element {
  const held = useResource(() => itemChart(props.checklist, props.item, props.machine), [props.checklist, props.item, props.machine], 10_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={2} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  if (state.value.value.length < 2) return <p class="quiet">{t("quality.chart_none")}</p>;
  return <Drawn chart={state.value} item={props.name} />;
}
