/** The one wrapper around uPlot: it owns every listener and observer of a chart, and `destroy` ends them all. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TrendColumns } from "../../data/plant/trend.ts";
import type { PlantZone } from "../../data/plant/zone.ts";
import type { GapSpan } from "../../data/rest/model.ts";
import { number } from "../parts/format.ts";
import { drawGaps, drawLimits, drawMarks, drawSetpoint, type Limit, type Mark } from "./overlay.ts";
import { palette } from "./palette.ts";

export interface ChartOptions {
  readonly zone: () => PlantZone;
  readonly decimals: number;
  readonly height: number;
  readonly limits: readonly Limit[];
  /** Whether the scale always reaches to the limits, or only where the data comes near them. */
  readonly scale: "to_limits" | "to_data";
  readonly marks: readonly Mark[];
  /** Columns of the set-point that this signal follows, drawn as a dashed step line; null where there is none. */
  readonly setpoint?: () => TrendColumns | null;
  readonly line: "stepped" | "straight";
  /** Charts of one name share their cursor. */
  readonly sync: string;
  readonly onCursor: (timeMs: number | null, value: number | null, gap: GapSpan | null) => void;
}

const LABEL_PX = 92;
const NOTHING: uPlot.AlignedData = [[], [], [], []];

export class Chart {
  private readonly plot: uPlot;
  private readonly observer: ResizeObserver;
  private readonly watcher: IntersectionObserver;
  private readonly stopTheme: () => void;
  private readonly options: ChartOptions;
  private fromMs = 0;
  private toMs = 1;
  private gaps: readonly GapSpan[] = [];
  /** What was shown while the chart was scrolled away. */
  private waiting: TrendColumns | null = null;
  private seen = true;

  constructor(host: HTMLElement, options: ChartOptions) {
    this.options = options;
    this.plot = new uPlot(this.build(Math.max(host.clientWidth, 120)), NOTHING, host);
    this.observer = new ResizeObserver(() => {
      const width = host.clientWidth;
      if (width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: options.height });
    });
    this.observer.observe(host);
    this.watcher = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1)?.isIntersecting ?? true;
      if (this.seen) this.drawWaiting();
    });
    this.watcher.observe(host);
    this.stopTheme = palette.subscribe(() => {
      this.plot.redraw(false, true);
    });
  }

  /** Whether any of it is on the screen. */
  get inView(): boolean {
    return this.seen;
  }

  /** Shows these columns in the window [fromMs, toMs]; where it is scrolled away, once it is seen. */
  show(columns: TrendColumns, fromMs: number, toMs: number, gaps: readonly GapSpan[]): void {
    this.fromMs = fromMs;
    this.toMs = toMs;
    this.gaps = gaps;
    this.waiting = columns;
    if (this.seen) this.drawWaiting();
  }

  /** Draws what waits, and gives the chart as it stands, for a picture of it. */
  picture(): HTMLCanvasElement {
    this.drawWaiting();
    return this.plot.ctx.canvas;
  }

  private drawWaiting(): void {
    const columns = this.waiting;
    this.waiting = null;
    if (columns !== null) this.plot.setData([columns.time, columns.low, columns.high, columns.value] as uPlot.AlignedData);
  }

  destroy(): void {
    this.observer.disconnect();
    this.watcher.disconnect();
    this.stopTheme();
    this.plot.destroy();
  }

  private build(width: number): uPlot.Options {
    const { options } = this;
    const paths = options.line === "stepped" ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
    const edge: uPlot.Series = { stroke: "transparent", width: 0, points: { show: false }, ...(paths ? { paths } : {}) };
    return {
      width,
      height: options.height,
      legend: { show: false },
      padding: [8, 22, 0, 0],
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: 7 },
        sync: { key: options.sync, setSeries: false },
      },
      scales: {
        x: { time: false, range: () => [this.fromMs, this.toMs] },
        y: { range: (_u, low, high) => this.yRange(low, high) },
      },
      axes: [this.xAxis(), this.yAxis()],
      series: [
        {},
        edge,
        edge,
        {
          stroke: () => palette.value.stroke,
          width: 1.5,
          points: { show: false },
          spanGaps: false,
          ...(paths ? { paths } : {}),
        },
      ],
      bands: [{ series: [2, 1], fill: () => palette.value.band }],
      hooks: {
        drawClear: [(u) => { drawGaps(u, this.gaps); }],
        draw: [
          (u) => {
            drawSetpoint(u, options.setpoint?.() ?? null);
            drawLimits(u, options.limits);
            drawMarks(u, options.marks);
          },
        ],
        setCursor: [(u) => { this.tellCursor(u); }],
      },
    };
  }

  private xAxis(): uPlot.Axis {
    const zone = this.options.zone;
    return {
      stroke: () => palette.value.muted,
      grid: { stroke: () => palette.value.line, width: 1 },
      ticks: { show: false },
      size: 26,
      // uPlot names times in the browser's zone and fails on days with a change of clock: these are the plant's.
      splits: (u) => zone().ticks(this.fromMs, this.toMs, Math.max(2, Math.floor(u.width / LABEL_PX))),
      values: (_u, splits) => zone().tickLabels(splits),
    };
  }

  private yAxis(): uPlot.Axis {
    return {
      stroke: () => palette.value.muted,
      grid: { stroke: () => palette.value.line, width: 1 },
      ticks: { show: false },
      size: 54,
      values: (_u, splits) => {
        const step = splits.length > 1 ? Math.abs((splits[1] as number) - (splits[0] as number)) : 1;
        const decimals = Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)));
        return splits.map((split) => number(split, decimals));
      },
    };
  }

  private yRange(low: number | null, high: number | null): [number, number] {
    const wanted = (this.options.setpoint?.() ?? null)?.value.filter((each): each is number => each !== null) ?? [];
    const limits = [...this.options.limits.map((limit) => limit.value), ...wanted];
    if (low === null || high === null) {
      return limits.length > 1 ? [Math.min(...limits), Math.max(...limits)] : [0, 1];
    }
    const span = high - low || Math.max(Math.abs(high) * 0.02, 10 ** -this.options.decimals);
    const near = limits.filter(
      (limit) => this.options.scale === "to_limits" || (limit > low - span * 1.5 && limit < high + span * 1.5),
    );
    const [bottom, top] = [Math.min(low, ...near), Math.max(high, ...near)];
    const room = Math.max(top - bottom, span) * 0.1;
    return [bottom - room, top + room];
  }

  private tellCursor(u: uPlot): void {
    const left = u.cursor.left ?? -1;
    if (left < 0) {
      this.options.onCursor(null, null, null);
      return;
    }
    const pointedMs = u.posToVal(left, "x");
    const gap = this.gaps.find((each) => each.start_ms <= pointedMs && pointedMs < (each.end_ms ?? Infinity)) ?? null;
    const at = u.cursor.idx ?? -1;
    const timeMs = u.data[0][at] ?? null;
    if (gap !== null && (gap.state === "open" || gap.state === "lost")) this.options.onCursor(pointedMs, null, gap);
    else this.options.onCursor(timeMs, timeMs === null ? null : (u.data[3]?.[at] ?? null), gap);
  }
}
