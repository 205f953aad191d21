/** A strip of the machine's states over the window, what they come to, and the same as a table. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Column } from "../../data/live/protocol.ts";
import { stateClass, wordOf } from "../../data/plant/packml.ts";
import { drawn, stretches, totals, type Drawn, type StateRow, type Stretch } from "../../data/plant/states.ts";
import { t } from "../i18n/index.ts";
import type { MachineStore } from "../live/machine.ts";
import { textTick } from "../live/pace.ts";
import { phase, serverClock, zone } from "../live/session.ts";
import { age, number } from "../parts/format.ts";
import type { Span } from "./span.ts";

/** The narrowest stretch that is drawn by itself, as a share of the strip. */
const SMALLEST = 1 / 800;
/** From this share on a stretch carries its word. */
const NAMED = 0.09;
const HEIGHT = 34;
const ROWS = 40;

/** How much of the strip's height a class fills: meaning by shape as well as by shade. */
const FILLED: Readonly<Record<string, number>> = { running: 1, changing: 0.75, waiting: 0.5, idle: 0.3, stopped: 0.3, other: 0.6, held: 1, down: 1 };

function liveRows(store: MachineStore): StateRow[] {
  const ring = store.stateRing;
  return Array.from({ length: ring.length }, (_, i) => {
    const at = ring.at(i);
    const value = ring.value[at] as number;
    return { timeMs: ring.time[at] as number, value: ring.bad[at] === 1 || Number.isNaN(value) ? null : value };
  });
}

/** History up to the first live sample, live samples from there. */
function known(store: MachineStore): StateRow[] {
  const live = liveRows(store);
  const seam = Math.min(...live.slice(0, 1).map((row) => row.timeMs), Infinity);
  return [...(store.states.value?.rows ?? []).filter((row) => row.timeMs < seam), ...live];
}

function word(column: Column, value: Drawn["value"]): string {
  if (value === "several") return t("states.several");
  return value === null ? t("states.unknown") : wordOf(column, value, undefined);
}

function kind(column: Column, value: Drawn["value"]): string {
  if (value === "several") return "several";
  return value === null ? "none" : stateClass(wordOf(column, value, undefined));
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

function Bars(props: { of: readonly Drawn[]; column: Column; fromMs: number; toMs: number }): JSX.Element {
  const { column, fromMs, toMs } = props;
  const length = toMs - fromMs;
  return (
    <>
      {props.of.map((each) => {
        const share = (each.toMs - each.fromMs) / length;
        const x = (each.fromMs - fromMs) / length;
        const name = kind(column, each.value);
        const height = HEIGHT * (FILLED[name] ?? 1);
        return (
          <g key={each.fromMs}>
            <rect class={`strip-${name}`} x={percent(x)} y={HEIGHT - height} width={percent(share)} height={height} />
            {share < NAMED ? null : (
              <text class={`strip-word strip-on-${name}`} x={percent(x + 0.006)} y={HEIGHT - 11}>
                {word(column, each.value)}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}

function Table(props: { of: readonly Stretch[]; column: Column; windowMs: number }): JSX.Element {
  const { of, column } = props;
  const full = props.windowMs > 86_400_000 ? "full" : "seconds";
  return (
    <div class="strip-tables">
      <table>
        <caption>{t("states.totals")}</caption>
        <thead>
          <tr>
            <th scope="col">{t("states.state")}</th>
            <th scope="col" class="num">{t("states.time")}</th>
            <th scope="col" class="num">{t("states.share")}</th>
          </tr>
        </thead>
        <tbody>
          {totals(of).map((each) => (
            <tr key={String(each.value)}>
              <th scope="row">{word(column, each.value)}</th>
              <td class="num">{age(each.ms)}</td>
              <td class="num">{number((each.ms / props.windowMs) * 100, 1)} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div class="points" tabIndex={0} role="region" aria-label={t("states.newest")}>
        <table>
          <caption>{t("states.newest")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("states.start")}</th>
              <th scope="col">{t("states.state")}</th>
              <th scope="col" class="num">{t("states.time")}</th>
            </tr>
          </thead>
          <tbody>
            {of.slice(-ROWS).reverse().map((each) => (
              <tr key={each.fromMs}>
                <td>{zone.value.format(each.fromMs, full)}</td>
                <th scope="row">{word(column, each.value)}</th>
                <td class="num">{age(each.toMs - each.fromMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function describe(of: readonly Stretch[], column: Column, span: Span): string {
  const list = totals(of)
    .map((each) => `${word(column, each.value)} ${age(each.ms)}`)
    .join(", ");
  return t("states.summary", { window: span.windowName, list });
}

export function StateStrip(props: { store: MachineStore; span: Span }): JSX.Element | null {
  void textTick.value;
  const { store, span } = props;
  const pointed = useMemo(() => signal<number | null>(null), []);
  const open = useMemo(() => signal(false), []);
  const column = store.table.columns[store.stateColumn()];
  const track = store.states.value;
  const now = serverClock.now();
  if (column === undefined || track === null || Number.isNaN(now) || column.data_type === "string") return null;
  const toMs = span.endMs ?? now;
  const fromMs = toMs - span.windowMs;
  const silenceMs = column.stale_after_ms > 0 ? Math.max(column.stale_after_ms, track.complete ? 0 : span.windowMs / 500) : Infinity;
  const all = stretches(known(store), track.gaps, fromMs, toMs, silenceMs);
  // What happens now is not known while the source or the gateway is away.
  const away = span.endMs === null && (phase.value !== "live" || store.table.freshness(store.stateColumn(), now) !== "fresh");
  const at = pointed.value === null ? null : fromMs + pointed.value * span.windowMs;
  const under = at === null ? undefined : all.find((each) => each.fromMs <= at && at < each.toMs);
  const shape = span.windowMs > 86_400_000 ? "full" : "seconds";
  const time = (timeMs: number): string => zone.value.format(timeMs, shape);
  return (
    <section class={`panel strip-panel${away ? " strip-away" : ""}`} aria-label={t("states.title")}>
      <div class="trend-head">
        <h2>{t("states.title")}</h2>
        <span class="quiet">
          {under === undefined
            ? ""
            : t("states.at", { state: word(column, under.value), from: time(under.fromMs), to: time(under.toMs), age: age(under.toMs - under.fromMs) })}
        </span>
        {track.complete ? null : <span class="trend-note">{t("states.coarse")}</span>}
      </div>
      <svg
        class="strip-states"
        role="img"
        aria-label={describe(all, column, span)}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          pointed.value = (event.clientX - box.left) / box.width;
        }}
        onPointerLeave={() => (pointed.value = null)}
      >
        <defs>
          <pattern id="strip-hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <path class="strip-hatch-line" d="M0 0V8" />
          </pattern>
        </defs>
        <Bars of={drawn(all, span.windowMs * SMALLEST)} column={column} fromMs={fromMs} toMs={toMs} />
      </svg>
      <details onToggle={(event) => (open.value = event.currentTarget.open)}>
        <summary>{t("states.table")}</summary>
        {open.value ? <Table of={all} column={column} windowMs={span.windowMs} /> : null}
      </details>
    </section>
  );
}
