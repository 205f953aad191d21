/** Any signals over each other, over any time: overlay, comparison with an earlier period, statistics, one address. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Column } from "../../data/live/protocol.ts";
import { signals as fetchSignals } from "../../data/rest/api.ts";
import { Overlaid, type Line } from "../chart/overlaid.ts";
import { t } from "../i18n/index.ts";
import { useResource, type Resource } from "../live/resource.ts";
import { everLive, serverClock, zone } from "../live/session.ts";
import { measuredAs } from "../live/shown.ts";
import { shownColumns } from "../live/units.ts";
import { Export } from "../parts/export.tsx";
import { number, title } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Controls, Part } from "./controls.tsx";
import { find, linesOf, valueAt, type Found, type Shown } from "./data.ts";
import { Picker } from "./picker.tsx";
import { SavedViews } from "./saved.tsx";
import { StatisticsTable } from "./statistics.tsx";
import { backMs, change, readView, select, type View } from "./view.ts";
import "./explore.css";

const HEIGHT = 280;
const SLOWEST_MS = 60_000;
const FASTEST_MS = 5_000;

const cursor = signal<number | null>(null);

export function nameOf(column: Column): string {
  return `${title(column.machine.slice(column.machine.lastIndexOf("/") + 1))} ${title(column.name).toLowerCase()}`;
}

function now(): number {
  return Number.isNaN(serverClock.now()) ? Date.now() : serverClock.now();
}

/** Signals of one unit share a scale, and so a chart. */
function groups(shown: readonly Shown[]): Map<string, Shown[]> {
  const byUnit = new Map<string, Shown[]>();
  for (const each of shown) byUnit.set(each.column.unit, [...(byUnit.get(each.column.unit) ?? []), each]);
  return byUnit;
}

function LegendRow(props: { shown: Shown; lines: readonly Line[]; paths: readonly string[] }): JSX.Element {
  const { shown, lines, paths } = props;
  const { column, place } = shown;
  const mine = lines.find((line) => line.place === place && line.period === "now");
  const at = cursor.value;
  const value = at === null || mine === undefined ? null : valueAt(mine, at);
  return (
    <li>
      <svg class={`legend-line legend-${String(place % 4)}${place >= 4 ? " legend-dashed" : ""}`} viewBox="0 0 26 8" aria-hidden="true">
        <path d="M0 4H26" />
      </svg>
      <span title={column.path}>{nameOf(column)}</span>
      <span class="value legend-value" title={measuredAs(column, value)}>{at === null ? "" : number(value, column.decimals)}</span>
      <button
        type="button"
        class="small-button"
        aria-label={t("explore.remove", { name: nameOf(column) })}
        onClick={() => {
          change({ s: paths.filter((each) => each !== column.path) });
        }}
      >
        ×
      </button>
    </li>
  );
}

function Group(props: { unit: string; shown: readonly Shown[]; found: Found; view: View }): JSX.Element {
  const { unit, shown, found, view } = props;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Overlaid | null>(null);
  const lines = useMemo(() => linesOf(shown, found.fromMs, backMs(view)), [shown, found]);
  useEffect(() => {
    const made = new Overlaid(host.current as HTMLElement, {
      zone: () => zone.value,
      height: HEIGHT,
      sync: "explore",
      onCursor: (timeMs) => (cursor.value = timeMs),
      onSelect: select,
    });
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  }, []);
  useEffect(() => {
    chart.current?.show(lines, found.fromMs, found.toMs, view.selection);
  }, [lines, view.selection, zone.value]);
  const heading = unit === "" ? t("explore.no_unit") : t("explore.unit", { unit });
  return (
    <section class="panel" aria-label={heading}>
      <ul class="legend">
        {shown.map((each) => (
          <LegendRow key={each.column.path} shown={each} lines={lines} paths={view.paths} />
        ))}
        <li class="quiet legend-unit">{unit}</li>
      </ul>
      <div ref={host} class="chart explore-chart" role="img" aria-label={`${heading}: ${shown.map((each) => nameOf(each.column)).join(", ")}`} />
    </section>
  );
}

/** What was found last stays while the next is fetched: a change of window must not blank the page. */
function useFound(view: View, columns: readonly Column[]): { resource: Resource<Found>; found: Found | null } {
  const everyMs = view.toMs === null ? Math.min(Math.max(view.windowMs / 400, FASTEST_MS), SLOWEST_MS) : 0;
  const key = JSON.stringify([view, columns.map((column) => column.path)]);
  const px = Math.min(2_000, Math.max(200, Math.round(innerWidth * 0.9)));
  const resource = useResource(() => find(view, columns, now(), px), [key], everyMs);
  const last = useRef<Found | null>(null);
  last.current = resource.value ?? last.current;
  return { resource, found: last.current };
}

function Body(props: { view: View; columns: readonly Column[] }): JSX.Element {
  const { view, columns } = props;
  const { resource, found } = useFound(view, columns);
  const state = resource.state.value;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  if (found === null) return <Loading rows={3} />;
  const shown = found.shown.filter((each) => view.paths.includes(each.column.path));
  return (
    <>
      <Part view={view} found={found} />
      {[...groups(shown)].map(([unit, members]) => (
        <Group key={unit} unit={unit} shown={members} found={found} view={view} />
      ))}
      <StatisticsTable shown={shown} part={view.selection !== null} />
    </>
  );
}

export function ExplorePage(_props: { rest: string }): JSX.Element {
  const known = useResource(async () => shownColumns(await fetchSignals()), []);
  const view = readView();
  // A window that ends now needs the gateway's clock: the browser's own may be wrong.
  const timed = view.toMs !== null || everLive.value;
  const state = known.state.value;
  const all = state.status === "ready" ? state.value : [];
  const columns = view.paths.flatMap((path) => all.find((column) => column.path === path) ?? []);
  const missing = state.status === "ready" ? view.paths.filter((path) => !all.some((column) => column.path === path)) : [];
  return (
    <div class="explore">
      <div class="page-head">
        <h1>{t("explore.title")}</h1>
        <Controls view={view} now={now} />
        {columns.length === 0 ? null : (
          <Export
            paths={() => view.paths}
            range={() => {
              const to = view.toMs ?? now();
              return view.selection ?? [to - view.windowMs, to];
            }}
          />
        )}
      </div>
      <SavedViews view={view} />
      {state.status === "loading" ? <Loading rows={2} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void known.load()} /> : null}
      {state.status === "ready" ? <Picker signals={all} chosen={view.paths} /> : null}
      {missing.map((path) => (
        <p key={path} class="note" role="status">
          {t("explore.unknown", { path })}
        </p>
      ))}
      {state.status === "ready" && view.paths.length === 0 ? <Empty title={t("explore.empty")} next={t("explore.empty_next")} /> : null}
      {columns.length > 0 && !timed ? <Loading rows={3} /> : null}
      {columns.length > 0 && timed ? <Body view={view} columns={columns} /> : null}
    </div>
  );
}
