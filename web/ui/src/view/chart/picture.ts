/** A drawn chart as a PNG file, with its name and its range written above it. */

import { palette } from "./palette.ts";
import { save } from "../parts/save.ts";
import { token } from "../frame/theme.ts";

const HEAD_PX = 44;

/** Saves a canvas under a heading and a line that says which time it shows. */
export function saveChart(drawn: HTMLCanvasElement, heading: string, range: string, file: string): void {
  const scale = devicePixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = drawn.width;
  canvas.height = drawn.height + HEAD_PX * scale;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.fillStyle = token("--panel");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = palette.value.text;
  context.font = `600 ${String(14 * scale)}px system-ui, sans-serif`;
  context.fillText(heading, 10 * scale, 18 * scale);
  context.fillStyle = palette.value.muted;
  context.font = `${String(12 * scale)}px system-ui, sans-serif`;
  context.fillText(range, 10 * scale, 36 * scale);
  context.drawImage(drawn, 0, HEAD_PX * scale);
  canvas.toBlob((blob) => {
    if (blob !== null) save(blob, file);
  }, "image/png");
}
