/** The one painter: charts at most ten times a second, text at most four, nothing while the tab is hidden. */

import { signal } from "@preact/signals";

const CHART_EVERY_MS = 100;
const TEXT_EVERY_MS = 250;

/** Rises when text is due; reading it in a component repaints that component. */
export const textTick = signal(0);

const charts = new Set<() => void>();
const texts = new Set<() => void>();
let pending = false;
let textAtMs = 0;

function paint(nowMs: number): void {
  pending = false;
  for (const chart of charts) chart();
  // Half a chart's period of tolerance, so that 4 Hz does not become 3.3.
  if (nowMs - textAtMs < TEXT_EVERY_MS - CHART_EVERY_MS / 2) return;
  textAtMs = nowMs;
  for (const text of texts) text();
  textTick.value += 1;
}

export function startPainting(): void {
  setInterval(() => {
    if (pending || document.hidden) return;
    pending = true;
    requestAnimationFrame(paint);
  }, CHART_EVERY_MS);
}

/** Calls `draw` whenever charts are due; returns how to stop it. */
export function onChartTick(draw: () => void): () => void {
  charts.add(draw);
  return () => charts.delete(draw);
}

/** Calls `update` whenever text is due, before components repaint; returns how to stop it. */
export function onTextTick(update: () => void): () => void {
  texts.add(update);
  return () => texts.delete(update);
}
