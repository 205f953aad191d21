/** What is drawn inside a tile, by its type: the parts that floor, explore and kiosk are made of. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Tile } from "../../data/boards/layout.ts";
import type { Column } from "../../data/live/protocol.ts";
import { floorStanding, type Standing } from "../../data/rest/standing.ts";
import { Overlaid } from "../chart/overlaid.ts";
import { find, linesOf } from "../explore/data.ts";
import { Tile as MachineTile } from "../floor/tile.tsx";
import { t, tOr } from "../i18n/index.ts";
import { worstFirst } from "../issues/order.ts";
import type { FloorStore } from "../live/floor.ts";
import { openIssues } from "../live/issues.ts";
import { alarmsOf, openAlarms, PRIORITIES, PRIORITY_GLYPH, useOpenAlarms } from "../live/open-alarms.ts";
import { textTick } from "../live/pace.ts";
import { useResource } from "../live/resource.ts";
import { everLive, serverClock, zone } from "../live/session.ts";
import { standingNow } from "../live/standing.ts";
import { age, percent, title } from "../parts/format.ts";
import { SeverityGlyph, StateGlyph } from "../parts/glyph.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { Failed, Loading } from "../parts/states.tsx";
import { Value } from "../parts/value.tsx";
import "../explore/explore.css";

const STANDING_EVERY_MS = 10_000;
/** Heights in the root's font size: a row of the grid and the gap after it, heading and edges, a row of a list. */
const REM = { grid: 4, gap: 0.6, heading: 2.6, row: 2.1 };
const LOSSES_SHOWN = 6;

const last = (path: string): string => title(path.slice(path.lastIndexOf("/") + 1));

/** The heading of a tile that has none of its own. */
export function headingOf(tile: Tile): string {
  if (tile.title !== "") return tile.title;
  if (tile.signal !== undefined) return `${last(tile.signal.slice(0, tile.signal.lastIndexOf("/")))} ${last(tile.signal).toLowerCase()}`;
  if (tile.signals !== undefined) return tile.signals.map(last).join(", ");
  if (tile.machine !== undefined) return `${last(tile.machine)}: ${t(`board.type.${tile.type}`).toLowerCase()}`;
  if (tile.unit !== undefined) return tile.unit === "" ? t(`board.type.${tile.type}`) : `${t(`board.type.${tile.type}`)}: ${last(tile.unit)}`;
  return "";
}

function Missing(props: { what: string }): JSX.Element {
  return <p class="quiet board-missing">{t("board.missing", { what: props.what })}</p>;
}

function ValueBody(props: { tile: Tile; store: FloorStore }): JSX.Element {
  void textTick.value;
  const path = props.tile.signal ?? "";
  const found = props.store.signal(path);
  if (props.store.lines.value === null) return <Loading rows={1} />;
  if (found === null) return <Missing what={path} />;
  return (
    <p class="board-value">
      <Value {...found.shown} unit={found.column.unit} />
    </p>
  );
}

function TrendBody(props: { tile: Tile; store: FloorStore }): JSX.Element {
  const { tile, store } = props;
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<Overlaid | null>(null);
  const known = store.lines.value !== null && everLive.value;
  const columns: Column[] = (tile.signals ?? []).flatMap((path) => store.signal(path)?.column ?? []);
  const windowMs = (tile.window_s ?? 3_600) * 1_000;
  const resource = useResource(
    async () => {
      const view = { paths: [], windowMs, toMs: null, comparison: "none" as const, selection: null };
      return known ? find(view, columns, serverClock.now(), Math.max(100, host.current?.clientWidth ?? 400)) : null;
    },
    [known, JSON.stringify([columns.map((column) => column.path), windowMs])],
    Math.min(Math.max(windowMs / 400, 5_000), 60_000),
  );
  useEffect(() => {
    const made = new Overlaid(host.current as HTMLElement, {
      zone: () => zone.value,
      height: "fill",
      sync: "board",
      onCursor: () => undefined,
      onSelect: () => undefined,
    });
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  }, []);
  const found = resource.value;
  useEffect(() => {
    if (found !== null) chart.current?.show(linesOf(found.shown, found.fromMs, 0), found.fromMs, found.toMs, null);
  }, [found, zone.value]);
  const state = resource.state.value;
  const missing = known ? (tile.signals ?? []).filter((path) => store.signal(path) === null) : [];
  return (
    <>
      <ul class="legend board-legend">
        {columns.map((column, place) => (
          <li key={column.path}>
            <svg class={`legend-line legend-${String(place % 4)}`} viewBox="0 0 26 8" aria-hidden="true">
              <path d="M0 4H26" />
            </svg>
            {last(column.path)} <Latest path={column.path} store={store} />
          </li>
        ))}
      </ul>
      {missing.map((path) => (
        <Missing key={path} what={path} />
      ))}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      <div ref={host} class="chart board-chart" role="img" aria-label={headingOf(tile)} />
    </>
  );
}

function Latest(props: { path: string; store: FloorStore }): JSX.Element | null {
  void textTick.value;
  const found = props.store.signal(props.path);
  return found === null ? null : <Value {...found.shown} unit={found.column.unit} />;
}

function StateBody(props: { tile: Tile; store: FloorStore }): JSX.Element {
  const machine = props.tile.machine ?? "";
  const model = props.store.model(machine)?.value ?? null;
  if (props.store.lines.value === null) return <Loading rows={1} />;
  if (model === null || !model.stateful) return <Missing what={machine} />;
  const known = model.stateFreshness === "fresh" && !model.dark;
  return (
    <p class="board-state">
      <StateGlyph of={known ? model.state : "none"} />
      <strong>{known ? model.word : t(model.away > 0 ? "packml.away" : "packml.none")}</strong>
      <span class="quiet">{known ? model.since : ""}</span>
    </p>
  );
}

/** How a place stands in the present shift: one request a place and ten seconds. */
function useStanding(unit: string): { standing: Standing | null; wait: JSX.Element | null } {
  const resource = useResource(() => floorStanding("current", unit), [unit], STANDING_EVERY_MS);
  const state = resource.state.value;
  if (state.status === "loading") return { standing: null, wait: <Loading rows={1} /> };
  if (state.status === "failed") return { standing: null, wait: <Failed error={state.error} retry={() => void resource.load()} /> };
  const standing = state.value.items.find((each) => each.unit === unit) ?? null;
  return { standing, wait: standing === null ? <Missing what={unit === "" ? t("board.plant") : unit} /> : null };
}

function CountBody(props: { tile: Tile }): JSX.Element {
  void textTick.value;
  const { standing, wait } = useStanding(props.tile.machine ?? "");
  if (wait !== null || standing === null) return wait ?? <Loading rows={1} />;
  return (
    <div class="board-count">
      <PlanBar of={standing} nowMs={standingNow(standing)} size="small" />
      <p class="quiet">{t("board.shift", { shift: standing.shift === "" ? standing.day : standing.shift })}</p>
    </div>
  );
}

function OeeBody(props: { tile: Tile }): JSX.Element {
  const { standing, wait } = useStanding(props.tile.unit ?? "");
  if (wait !== null || standing === null) return wait ?? <Loading rows={1} />;
  const { kpis } = standing;
  return (
    <>
      <p class="board-value">
        <span class="value">{percent(kpis["oee"] ?? null)}</span> <span class="quiet">{t("board.oee")}</span>
      </p>
      <dl class="board-apq">
        {(["availability", "effectiveness", "quality"] as const).map((name) => (
          <div key={name}>
            <dt>{t(`board.${name}`)}</dt>
            <dd>{percent(kpis[name] ?? null)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function ParetoBody(props: { tile: Tile }): JSX.Element {
  const { standing, wait } = useStanding(props.tile.unit ?? "");
  if (wait !== null || standing === null) return wait ?? <Loading rows={2} />;
  const losses = Object.entries(standing.losses)
    .flatMap(([name, seconds]) => (seconds === null || seconds <= 0 || name === "productive" ? [] : [{ name, seconds }]))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, LOSSES_SHOWN);
  if (losses.length === 0) return <p class="quiet">{t("board.no_losses")}</p>;
  const most = losses[0]?.seconds ?? 1;
  return (
    <ol class="board-pareto">
      {losses.map(({ name, seconds }) => (
        <li key={name}>
          <span>{tOr(`loss.${name}`, title(name))}</span>
          <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="bar-fill" x="0" y="0" width={(seconds / most) * 100} height="8" />
          </svg>
          <span class="num">{age(seconds * 1_000)}</span>
        </li>
      ))}
    </ol>
  );
}

const under = (asset: string, unit: string): boolean => unit === "" || `${asset}/`.startsWith(`${unit}/`);

/** Rows beyond what the tile holds are counted, never cut off at its edge. */
function Rows(props: { of: readonly ComponentChildren[]; none: string; tile: Tile }): JSX.Element {
  if (props.of.length === 0) return <p class="quiet">{props.none}</p>;
  const room = Math.max(1, Math.floor((props.tile.h * (REM.grid + REM.gap) - REM.gap - REM.heading) / REM.row));
  const most = props.of.length > room ? Math.max(1, room - 1) : room;
  return (
    <ul class="board-rows">
      {props.of.slice(0, most)}
      {props.of.length > most ? <li class="quiet">{t("kiosk.more", { count: props.of.length - most })}</li> : null}
    </ul>
  );
}

function IssuesBody(props: { tile: Tile }): JSX.Element {
  void textTick.value;
  const unit = props.tile.unit ?? "";
  if (openIssues.value === null) return <Loading rows={2} />;
  const now = serverClock.now();
  const rows = worstFirst(openIssues.value.filter((issue) => under(issue.asset, unit))).map((issue) => (
    <li key={issue.number}>
      <a href={`/issues/${String(issue.number)}`}>
        <SeverityGlyph severity={issue.severity} />
        <span class="board-what">{issue.title}</span>
        <span class="quiet">{age(now - issue.onset_ms)}</span>
      </a>
    </li>
  ));
  return <Rows of={rows} none={t("board.no_issues")} tile={props.tile} />;
}

function AlarmsBody(props: { tile: Tile }): JSX.Element {
  void textTick.value;
  useOpenAlarms();
  const unit = props.tile.unit ?? "";
  if (openAlarms.value === null) return <Loading rows={2} />;
  const now = serverClock.now();
  const shown = unit === "" ? openAlarms.value : openAlarms.value.filter((alarm) => under(alarm.asset, unit) || alarmsOf([alarm], unit).length > 0);
  const worst = [...shown].sort((a, b) => PRIORITIES.indexOf(a.priority) - PRIORITIES.indexOf(b.priority) || Number(a.acked) - Number(b.acked) || b.raised_ms - a.raised_ms);
  const rows = worst.map((alarm) => (
    <li key={alarm.number}>
      <a href="/alarms">
        <SeverityGlyph severity={PRIORITY_GLYPH[alarm.priority]} />
        <span class="board-what">{alarm.title}</span>
        <span class="quiet">{t(alarm.acked ? "board.acked" : "board.unacked")}</span>
        <span class="quiet">{age(now - alarm.raised_ms)}</span>
      </a>
    </li>
  ));
  return <Rows of={rows} none={t("board.no_alarms")} tile={props.tile} />;
}

function MachineBody(props: { tile: Tile; store: FloorStore }): JSX.Element {
  const machine = props.tile.machine ?? "";
  const { standing } = useStanding(machine);
  if (props.store.lines.value === null) return <Loading rows={2} />;
  if (props.store.model(machine) === null) return <Missing what={machine} />;
  return <MachineTile machine={machine} store={props.store} standing={standing ?? undefined} jobs={undefined} />;
}

export function TileBody(props: { tile: Tile; store: FloorStore }): JSX.Element {
  const { tile, store } = props;
  switch (tile.type) {
    case "value":
      return <ValueBody tile={tile} store={store} />;
    case "trend":
      return <TrendBody tile={tile} store={store} />;
    case "state":
      return <StateBody tile={tile} store={store} />;
    case "count":
      return <CountBody tile={tile} />;
    case "machine":
      return <MachineBody tile={tile} store={store} />;
    case "oee":
      return <OeeBody tile={tile} />;
    case "pareto":
      return <ParetoBody tile={tile} />;
    case "alarms":
      return <AlarmsBody tile={tile} />;
    case "issues":
      return <IssuesBody tile={tile} />;
    case "text":
      return <p class="board-text">{tile.text ?? ""}</p>;
  }
}
