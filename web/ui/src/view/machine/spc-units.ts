/** A control chart in display units: its points and limits are levels, its ranges and deviations are spreads. */

import { convertLine } from "../../data/plant/units.ts";
import type { ChartPanel, ControlChart } from "../../data/rest/charts.ts";
import { shownIn } from "../live/units.ts";

/** Panels that show how far values lie apart, not where they lie. */
const SPREADS: ReadonlySet<string> = new Set(["moving range", "range", "standard deviation"]);

function shownPanel(panel: ChartPanel): ChartPanel {
  const by = shownIn(panel.unit);
  if (by === null) return panel;
  const of = SPREADS.has(panel.name) ? "spread" : "level";
  const [lower, upper] = by.factor < 0 ? [panel.upper, panel.lower] : [panel.lower, panel.upper];
  return {
    name: panel.name,
    unit: by.unit,
    value: convertLine(panel.value, by, of),
    lower: convertLine(lower, by, of),
    centre: convertLine(panel.centre, by, of),
    upper: convertLine(upper, by, of),
  };
}

export const shownChart = (chart: ControlChart): ControlChart => ({ ...chart, panels: chart.panels.map(shownPanel) });
