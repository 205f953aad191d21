/** One statistic of a control chart: every point, its limits as they were at each, and what fired by its number. */

import type { JSX } from "preact";
import type { ChartPanel, ControlChart } from "../../data/rest/charts.ts";
import { t, tOr } from "../i18n/index.ts";
import { number } from "../parts/format.ts";

const WIDTH = 1000;
const HEIGHTS = [190, 110] as const;
const LEFT = 62;
const RIGHT = 84;
const TOP = 14;
const BOTTOM = 10;

type Line = readonly (number | null)[];

/** Decimals that tell limits and points apart. */
export function decimalsOf(panel: ChartPanel): number {
  const known = [...panel.upper, ...panel.lower, ...panel.value].filter((each): each is number => each !== null);
  const span = Math.max(...known) - Math.min(...known);
  return Number.isFinite(span) && span > 0 ? Math.min(6, Math.max(0, Math.ceil(2 - Math.log10(span)))) : 2;
}

interface Scale {
  readonly x: (point: number) => number;
  readonly y: (value: number) => number;
  readonly step: number;
  readonly height: number;
}

function scaleOf(panel: ChartPanel, height: number): Scale {
  const n = panel.value.length;
  const known = [...panel.value, ...panel.lower, ...panel.upper].filter((each): each is number => each !== null);
  const [low, high] = known.length === 0 ? [0, 1] : [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, n);
  return {
    step,
    height,
    x: (point) => LEFT + (point + 0.5) * step,
    y: (value) => TOP + ((high + room - value) / (high - low + 2 * room)) * (height - TOP - BOTTOM),
  };
}

/** Limits step where they change from point to point. */
function steps(line: Line, { x, y, step }: Scale): string {
  let path = "";
  let before: number | null = null;
  line.forEach((value, i) => {
    if (value !== null) {
      const left = x(i) - step / 2;
      path += before === null ? `M${left.toFixed(1)} ${y(value).toFixed(1)}` : before === value ? "" : `V${y(value).toFixed(1)}`;
      path += `H${(left + step).toFixed(1)}`;
    }
    before = value;
  });
  return path;
}

function joined(line: Line, { x, y }: Scale): string {
  let path = "";
  let pen = false;
  line.forEach((value, i) => {
    if (value !== null) path += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = value !== null;
  });
  return path;
}

/** Points without area, drawn as round ends of a stroke: thousands cost one element. */
const dots = (line: Line, { x, y }: Scale): string =>
  line.map((value, i) => (value === null ? "" : `M${x(i).toFixed(1)} ${y(value).toFixed(1)}h0`)).join("");

const NAMES = { upper: "spc.upper", centre: "spc.centre", lower: "spc.lower" } as const;

function Limit(props: { which: keyof typeof NAMES; panel: ChartPanel; scale: Scale; decimals: number }): JSX.Element | null {
  const { which, panel, scale, decimals } = props;
  const last = panel[which].findLast((each) => each !== null);
  if (last === undefined || last === null) return null;
  return (
    <>
      <path class={which === "centre" ? "spc-centre" : "spc-limit"} d={steps(panel[which], scale)} />
      <text class="spc-text" x={WIDTH - RIGHT + 6} y={scale.y(last) + 4}>
        {t(NAMES[which])} {number(last, decimals)}
      </text>
    </>
  );
}

export const panelName = (panel: ChartPanel): string => tOr(`spc.panel.${panel.name.toLowerCase().replace(/[^a-z]+/g, "_")}`, panel.name);

interface Hit {
  readonly i: number;
  readonly names: readonly string[];
}

/** Every point at which a rule fired is marked; its numbers stand there unless they would cover the ones before. */
function Hits(props: { of: readonly Hit[]; panel: ChartPanel; scale: Scale }): JSX.Element | null {
  const { of, panel, scale } = props;
  if (of.length === 0) return null;
  const path = of.map(({ i }) => `M${scale.x(i).toFixed(1)} ${scale.y(panel.value[i] as number).toFixed(1)}h0`).join("");
  let free = -Infinity;
  let before = "";
  const named = of.flatMap(({ i, names }) => {
    const text = names.map(ruleNumber).join(",");
    const half = text.length * 4.3 + 6;
    const x = scale.x(i);
    const again = text === before && x - half < free + 60;
    if (x - half < free || again) return [];
    free = x + half;
    before = text;
    return [{ i, text, x }];
  });
  return (
    <>
      <path class="spc-hit-edge" d={path} />
      <path class="spc-hit" d={path} />
      {named.map(({ i, text, x }) => {
        const y = scale.y(panel.value[i] as number);
        return (
          <text key={i} class="spc-hit-name" x={x} y={y > TOP + 22 ? y - 9 : y + 19} text-anchor="middle">
            {text}
          </text>
        );
      })}
    </>
  );
}

/** `panel` 0 is the one whose points the rules are about. */
export function SpcDrawing(props: { chart: ControlChart; place: number; pointed: number | null; point: (at: number | null) => void }): JSX.Element | null {
  const { chart, place, pointed } = props;
  const panel = chart.panels[place];
  if (panel === undefined) return null;
  const scale = scaleOf(panel, HEIGHTS[place === 0 ? 0 : 1]);
  const decimals = decimalsOf(panel);
  const n = panel.value.length;
  const hits = chart.points.hits;
  const marked = place === 0 ? hits.flatMap((names, i) => (names.length > 0 && panel.value[i] != null ? [{ i, names }] : [])) : [];
  const name = panelName(panel);
  return (
    <svg
      class="spc-drawing"
      viewBox={`0 0 ${String(WIDTH)} ${String(scale.height)}`}
      role="img"
      aria-label={t("spc.panel_summary", { name, points: number(n), hits: number(marked.length) })}
      onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const at = Math.floor((((event.clientX - box.left) / box.width) * WIDTH - LEFT) / scale.step);
        props.point(at >= 0 && at < n ? at : null);
      }}
      onPointerLeave={() => {
        props.point(null);
      }}
    >
      <text class="spc-name" x="2" y={TOP}>
        {name}
      </text>
      {pointed === null ? null : <path class="spc-pointed" d={`M${scale.x(pointed).toFixed(1)} ${String(TOP)}V${String(scale.height - BOTTOM)}`} />}
      {(["upper", "centre", "lower"] as const).map((which) => (
        <Limit key={which} which={which} panel={panel} scale={scale} decimals={decimals} />
      ))}
      <path class="spc-line" d={joined(panel.value, scale)} />
      <path class="spc-dots" style={{ strokeWidth: `${String(Math.min(6, Math.max(2.4, scale.step * 0.7)))}px` }} d={dots(panel.value, scale)} />
      <Hits of={marked} panel={panel} scale={scale} />
    </svg>
  );
}

/** Run rules are known by their number: N1 is 1; what has none keeps its name. */
export function ruleNumber(name: string): string {
  return /^[A-Za-z_]*?(\d+)$/.exec(name)?.[1] ?? name;
}
