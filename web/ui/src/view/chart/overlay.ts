/** What a chart draws beside its line: hatched gaps, limits with their names, and marks in time. */

import type uPlot from "uplot";
import type { TrendColumns } from "../../data/plant/trend.ts";
import type { GapSpan } from "../../data/rest/model.ts";
import { palette } from "./palette.ts";

export interface Limit {
  readonly name: string;
  readonly value: number;
}

export interface Mark {
  readonly timeMs: number;
  readonly name: string;
}

const HATCH_PX = 7;

function pixels(): number {
  return devicePixelRatio;
}

/** Hatches the intervals for which no data was received; an open one reaches to the end of the window. */
export function drawGaps(u: uPlot, gaps: readonly GapSpan[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  for (const gap of gaps) {
    if (gap.state === "backfilled" || gap.state === "republished") continue;
    const from = Math.max(u.valToPos(gap.start_ms, "x", true), bbox.left);
    const to = Math.min(gap.end_ms === null ? Infinity : u.valToPos(gap.end_ms, "x", true), bbox.left + bbox.width);
    if (to > from) ctx.rect(from, bbox.top, Math.max(to - from, 2), bbox.height);
  }
  ctx.clip();
  ctx.strokeStyle = palette.value.hatch;
  ctx.lineWidth = pixels();
  ctx.beginPath();
  const step = HATCH_PX * pixels();
  for (let x = bbox.left - bbox.height; x < bbox.left + bbox.width; x += step) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

/** A set-point over time: dashed steps, each value until the next. */
export function drawSetpoint(u: uPlot, columns: TrendColumns | null): void {
  if (columns === null) return;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = palette.value.text;
  ctx.lineWidth = 1.2 * pixels();
  ctx.setLineDash([2 * pixels(), 3 * pixels()]);
  ctx.beginPath();
  let before: number | null = null;
  columns.time.forEach((time, i) => {
    const value = columns.value[i] ?? null;
    if (value !== null) {
      const x = u.valToPos(time, "x", true);
      if (before === null) ctx.moveTo(x, u.valToPos(value, "y", true));
      else ctx.lineTo(x, u.valToPos(before, "y", true));
      ctx.lineTo(x, u.valToPos(value, "y", true));
    }
    before = value;
  });
  ctx.stroke();
  ctx.restore();
}

/** Dashed lines with their names at the right; a limit outside the scale is not drawn. */
export function drawLimits(u: uPlot, limits: readonly Limit[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = palette.value.limit;
  ctx.fillStyle = palette.value.muted;
  ctx.lineWidth = pixels();
  ctx.setLineDash([6 * pixels(), 4 * pixels()]);
  ctx.font = `${String(11 * pixels())}px system-ui, sans-serif`;
  ctx.textAlign = "right";
  for (const limit of limits) {
    const y = u.valToPos(limit.value, "y", true);
    if (y < bbox.top - 1 || y > bbox.top + bbox.height + 1) continue;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    const above = y - bbox.top > 16 * pixels();
    const right = bbox.left + bbox.width - 4 * pixels();
    const base = y + (above ? -4 : 12) * pixels();
    // The line of the data would run through the name.
    ctx.globalAlpha = 0.8;
    ctx.fillStyle = palette.value.panel;
    ctx.fillRect(right - ctx.measureText(limit.name).width - 3 * pixels(), base - 11 * pixels(), ctx.measureText(limit.name).width + 6 * pixels(), 14 * pixels());
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.value.muted;
    ctx.fillText(limit.name, right, base);
  }
  ctx.restore();
}

export function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = palette.value.text;
  ctx.fillStyle = palette.value.text;
  ctx.lineWidth = 2 * pixels();
  ctx.font = `600 ${String(12 * pixels())}px system-ui, sans-serif`;
  for (const mark of marks) {
    const x = u.valToPos(mark.timeMs, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const right = x > bbox.left + bbox.width * 0.8;
    ctx.textAlign = right ? "right" : "left";
    ctx.fillText(mark.name, x + (right ? -6 : 6) * pixels(), bbox.top + 13 * pixels());
  }
  ctx.restore();
}
