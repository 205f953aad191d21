/** Several lines over each other on one scale, some of them dotted for an earlier period; a drag selects a part. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PlantZone } from "../../data/plant/zone.ts";
import { number } from "../parts/format.ts";
import { palette } from "./palette.ts";

export interface Line {
  readonly time: readonly number[];
  readonly value: readonly (number | null)[];
  /** Which stroke it has: its place among all lines of the page. */
  readonly place: number;
  readonly period: "now" | "before";
  readonly shape: "straight" | "stepped";
}

export interface OverlaidOptions {
  readonly zone: () => PlantZone;
  /** In pixels, or what its host has. */
  readonly height: number | "fill";
  readonly sync: string;
  readonly onCursor: (timeMs: number | null) => void;
  readonly onSelect: (fromMs: number, toMs: number) => void;
}

const LABEL_PX = 92;
/** A shorter drag is a click. */
const DRAG_PX = 6;
const STROKES = 4;

function dash(line: Line): number[] {
  if (line.period === "before") return [2, 4];
  return line.place >= STROKES ? [9, 5] : [];
}

export class Overlaid {
  private plot: uPlot | null = null;
  private readonly host: HTMLElement;
  private readonly options: OverlaidOptions;
  private readonly observer: ResizeObserver;
  private readonly stopTheme: () => void;
  private fromMs = 0;
  private toMs = 1;
  private shape = "";

  constructor(host: HTMLElement, options: OverlaidOptions) {
    this.host = host;
    this.options = options;
    this.observer = new ResizeObserver(() => {
      const [width, height] = [host.clientWidth, this.height()];
      const other = this.plot !== null && (width !== this.plot.width || height !== this.plot.height);
      if (other && width > 0) this.plot?.setSize({ width, height });
    });
    this.observer.observe(host);
    this.stopTheme = palette.subscribe(() => {
      this.plot?.redraw(false, true);
    });
  }

  show(lines: readonly Line[], fromMs: number, toMs: number, selection: readonly [number, number] | null): void {
    this.fromMs = fromMs;
    this.toMs = toMs;
    const shape = JSON.stringify(lines.map((line) => [line.place, line.period, line.shape]));
    if (this.plot === null || shape !== this.shape) {
      this.plot?.destroy();
      this.shape = shape;
      this.plot = new uPlot(this.build(lines), [[], ...lines.map(() => [])] as uPlot.AlignedData, this.host);
    }
    const tables = lines.map((line) => [line.time, line.value] as unknown as uPlot.AlignedData);
    this.plot.setData(tables.length === 0 ? [[]] : uPlot.join(tables));
    this.mark(selection);
  }

  destroy(): void {
    this.observer.disconnect();
    this.stopTheme();
    this.plot?.destroy();
    this.plot = null;
  }

  private height(): number {
    return this.options.height === "fill" ? Math.max(this.host.clientHeight, 60) : this.options.height;
  }

  private mark(selection: readonly [number, number] | null): void {
    const plot = this.plot;
    if (plot === null) return;
    const [from, to] = selection === null ? [0, 0] : selection.map((each) => plot.valToPos(each, "x"));
    const left = Math.max(0, from as number);
    const width = selection === null ? 0 : Math.min(to as number, plot.bbox.width / devicePixelRatio) - left;
    plot.setSelect({ left, top: 0, width: Math.max(0, width), height: plot.bbox.height / devicePixelRatio }, false);
  }

  private build(lines: readonly Line[]): uPlot.Options {
    const { options } = this;
    return {
      width: Math.max(this.host.clientWidth, 120),
      height: this.height(),
      legend: { show: false },
      padding: [8, 22, 0, 0],
      cursor: {
        y: false,
        drag: { x: true, y: false, setScale: false },
        points: { size: 6 },
        sync: { key: options.sync, setSeries: false },
      },
      scales: { x: { time: false, range: () => [this.fromMs, this.toMs] } },
      axes: [this.xAxis(), this.yAxis()],
      series: [
        {},
        ...lines.map((line): uPlot.Series => {
          const paths = line.shape === "stepped" ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
          return {
            stroke: () => palette.value.lines[line.place % STROKES] as string,
            width: line.period === "before" ? 1 : 1.6,
            dash: dash(line),
            points: { show: false },
            spanGaps: false,
            ...(paths ? { paths } : {}),
          };
        }),
      ],
      hooks: {
        setCursor: [
          (u) => {
            const left = u.cursor.left ?? -1;
            options.onCursor(left < 0 ? null : u.posToVal(left, "x"));
          },
        ],
        setSelect: [
          (u) => {
            if (u.select.width < DRAG_PX) return;
            options.onSelect(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
          },
        ],
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
      splits: (u) => zone().ticks(this.fromMs, this.toMs, Math.max(2, Math.floor(u.width / LABEL_PX))),
      values: (_u, splits) => zone().tickLabels(splits),
    };
  }

  private yAxis(): uPlot.Axis {
    return {
      stroke: () => palette.value.muted,
      grid: { stroke: () => palette.value.line, width: 1 },
      ticks: { show: false },
      size: 62,
      values: (_u, splits) => {
        const step = splits.length > 1 ? Math.abs((splits[1] as number) - (splits[0] as number)) : 1;
        return splits.map((split) => number(split, Math.max(0, Math.min(6, Math.ceil(-Math.log10(step) - 1e-9)))));
      },
    };
  }
}
