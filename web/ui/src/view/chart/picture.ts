/** A drawn chart as a PNG file, with its name and its range written above it. */

import { palette } from "./palette.ts";
import { save } from "../parts/save.ts";
import { token } from "../frame/theme.ts";
import { zone } from "../live/session.ts";

const HEAD_PX = 44;
const GAP_PX = 14;

export interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly heading: string;
}

/** Saves a canvas under a heading and a line that says which time it shows. */
export function saveChart(drawn: HTMLCanvasElement, heading: string, range: string, file: string): void {
  saveCharts([{ canvas: drawn, heading }], range, file);
}

/** The line that says which time a picture shows. */
export function rangeText(fromMs: number, toMs: number): string {
  return `${zone.value.format(fromMs, "full")} – ${zone.value.format(toMs, "full")} ${zone.value.name}`;
}

/** Saves several canvases below each other, each under its heading and the time they show. */
export function saveCharts(pictures: readonly Picture[], range: string, file: string): void {
  const scale = devicePixelRatio;
  const canvas = document.createElement("canvas");
  const heights = pictures.map((each) => each.canvas.height + (HEAD_PX + GAP_PX) * scale);
  canvas.width = Math.max(...pictures.map((each) => each.canvas.width));
  canvas.height = heights.reduce((sum, height) => sum + height, 0);
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.fillStyle = token("--panel");
  context.fillRect(0, 0, canvas.width, canvas.height);
  let top = 0;
  pictures.forEach((each, i) => {
    context.fillStyle = palette.value.text;
    context.font = `600 ${String(14 * scale)}px system-ui, sans-serif`;
    context.fillText(each.heading, 10 * scale, top + 18 * scale);
    context.fillStyle = palette.value.muted;
    context.font = `${String(12 * scale)}px system-ui, sans-serif`;
    context.fillText(range, 10 * scale, top + 36 * scale);
    context.drawImage(each.canvas, 0, top + HEAD_PX * scale);
    top += heights[i] as number;
  });
  canvas.toBlob((blob) => {
    if (blob !== null) save(blob, file);
  }, "image/png");
}
