/** The samples around an issue's onset, drawn with the limits the rule compared with. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { TrendColumns } from "../../data/plant/trend.ts";
import type { EvidenceSeries, Issue } from "../../data/rest/model.ts";
import { Chart } from "../chart/chart.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { PointTable } from "../machine/trend.tsx";
import { number, title } from "../parts/format.ts";
import { exact, levels, shownSeries } from "./shown.ts";

const HEIGHT = 260;
const DECIMALS = 3;
const SEVERITY_SHIFT = 30;

/** Frozen samples as columns: a sample of bad quality breaks the line. */
function columnsOf(series: EvidenceSeries): TrendColumns {
  const rows = series.time_ms
    .map((timeMs, i) => ({ timeMs, i }))
    .sort((a, b) => a.timeMs - b.timeMs)
    .filter((row, place, all) => place === 0 || row.timeMs > (all[place - 1] as { timeMs: number }).timeMs);
  const good = (i: number): boolean => (series.quality[i] ?? 0) >>> SEVERITY_SHIFT < 2;
  const nothing = rows.map(() => null);
  return {
    time: rows.map((row) => row.timeMs),
    value: rows.map((row) => (good(row.i) ? (series.value[row.i] ?? null) : null)),
    low: nothing,
    high: nothing,
  };
}

export function Evidence(props: { issue: Issue; series: EvidenceSeries }): JSX.Element {
  const { issue } = props;
  const { series, by } = useMemo(() => shownSeries(props.series), [props.series]);
  const host = useRef<HTMLDivElement>(null);
  const columns = useMemo(() => columnsOf(series), [series]);
  const cursor = useMemo(() => signal<{ timeMs: number; value: number | null } | null>(null), []);
  const ruled = series.path === issue.signal;
  useEffect(() => {
    const limits = levels(issue, by).map(({ name, value }) => ({ name: `${title(name)} ${exact(value)}`, value }));
    const chart = new Chart(host.current as HTMLElement, {
      zone: () => zone.value,
      decimals: DECIMALS,
      height: HEIGHT,
      limits: ruled ? limits : [],
      scale: "to_limits",
      marks: [{ timeMs: issue.onset_ms, name: t("chart.onset") }],
      line: "straight",
      sync: `issue-${String(issue.number)}`,
      onCursor: (timeMs, value) => {
        cursor.value = timeMs === null ? null : { timeMs, value };
      },
    });
    const [first, last] = [columns.time[0], columns.time.at(-1)];
    const from = Math.min(first ?? issue.onset_ms - 30_000, issue.onset_ms);
    const to = Math.max(last ?? issue.onset_ms + 30_000, issue.onset_ms);
    chart.show(columns, from, to > from ? to : from + 1_000, []);
    return () => {
      chart.destroy();
    };
  }, [columns, zone.value]);
  const at = cursor.value;
  const name = title(series.path.slice(series.path.lastIndexOf("/") + 1));
  return (
    <figure class="panel evidence">
      <figcaption class="trend-head">
        <h3>{name}</h3>
        {series.unit === "" ? null : <span class="quiet">{series.unit}</span>}
        {at === null ? null : (
          <span class="trend-at">
            <span class="value">{at.value === null ? t("chart.gap") : number(at.value, DECIMALS)}</span>
            <span class="quiet">{t("chart.at", { time: zone.value.format(at.timeMs, "seconds") })}</span>
          </span>
        )}
      </figcaption>
      <div ref={host} class="chart" role="img" aria-label={`${name}: ${issue.explanation}`} />
      <details>
        <summary>{t("chart.table")}</summary>
        <PointTable columns={columns} name={name} decimals={DECIMALS} unit={series.unit} />
      </details>
    </figure>
  );
}
