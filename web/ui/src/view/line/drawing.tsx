/** The line as a drawing: machines in the order of flow, buffers between them, who waits, and the bottleneck. */

import type { JSX } from "preact";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import type { Buffer } from "../live/floor.ts";
import { PRIORITY_GLYPH } from "../live/open-alarms.ts";
import { number } from "../parts/format.ts";
import { SeverityGlyph, StateGlyph } from "../parts/glyph.tsx";
import { pace, rate, waiting, type Stop } from "./model.ts";

const BOX = { width: 212, height: 176 } as const;
const GAP = 92;
const TOP = 34;
const HEIGHT = TOP + BOX.height + 12;
const MIDDLE = TOP + BOX.height / 2;
/** A count against the shift's plan is a bar this long. */
const BAR = BOX.width - 28;

/** How full the room between two machines is, as a column with its number; an arrow alone where nothing tells. */
function Between(props: { x: number; buffer: Buffer | null }): JSX.Element {
  const { x, buffer } = props;
  const end = x + GAP;
  const arrow = <path class="line-arrow" d={`M${String(x + 4)} ${String(MIDDLE)}H${String(end - 12)}m-7-6 7 6-7 6`} />;
  if (buffer === null) return arrow;
  const share = buffer.share === null ? null : Math.min(1, Math.max(0, buffer.share));
  const column = 74;
  const left = x + GAP / 2 - 13;
  const top = MIDDLE - column / 2;
  const old = buffer.shown.freshness !== "fresh";
  return (
    <g class={old ? "line-old" : ""}>
      {arrow}
      <rect class="buffer" x={left} y={top} width="26" height={column} rx="2" />
      {share === null || old ? null : (
        <rect class="buffer-fill" x={left + 2} y={top + 2 + (column - 4) * (1 - share)} width="22" height={(column - 4) * share} />
      )}
      <text class="line-small" x={left + 13} y={top - 7} text-anchor="middle">
        {buffer.shown.freshness === "none" ? t("value.none") : buffer.shown.text}
      </text>
      {buffer.high === null ? null : (
        <text class="line-quiet" x={left + 13} y={top + column + 15} text-anchor="middle">
          {t("line.room", { high: number(buffer.high) })}
        </text>
      )}
    </g>
  );
}

function CountBar(props: { stop: Stop; x: number; y: number }): JSX.Element | null {
  const { standing } = props.stop;
  const plan = standing?.planned ?? null;
  if (standing === undefined || plan === null || plan.shift <= 0) return null;
  const share = (pieces: number): number => Math.min(1, pieces / plan.shift) * BAR;
  const unseen = Math.max(0, plan.by_now - plan.seen);
  return (
    <g>
      <rect class="bar-back" x={props.x} y={props.y} width={BAR} height="6" />
      <rect class="plan-unseen" x={props.x} y={props.y + 2} width={share(unseen)} height="2" />
      <rect class="bar-fill" x={props.x + share(unseen)} y={props.y} width={share(standing.good ?? 0)} height="6" />
      <rect class="plan-now" x={props.x + share(plan.by_now) - 1.5} y={props.y - 3} width="3" height="12" />
    </g>
  );
}

function Box(props: { stop: Stop; x: number }): JSX.Element {
  const { stop, x } = props;
  const { model } = stop;
  const fresh = model !== null && model.stateFreshness === "fresh" && !model.dark;
  const state = fresh ? model.state : "none";
  const wait = waiting(stop);
  const [alarm] = stop.alarms;
  const left = x + 14;
  const lines = [rate(stop), pace(stop)].filter((text) => text !== "");
  return (
    <a href={machineUrl(stop.path)} class={`line-stop line-${state}${stop.bottleneck ? " line-bottleneck" : ""}`} data-machine={stop.path}>
      {stop.bottleneck ? (
        <text class="line-mark" x={x + BOX.width / 2} y={TOP - 12} text-anchor="middle">
          {t("flow.bottleneck")}{" "}
        </text>
      ) : null}
      <rect class="line-box" x={x} y={TOP} width={BOX.width} height={BOX.height} rx="6" />
      <text class="line-title" x={left} y={TOP + 26}>
        {stop.name}
      </text>{" "}
      {alarm === undefined ? null : (
        <svg x={x + BOX.width - 34} y={TOP + 9} width="22" height="22">
          <SeverityGlyph severity={PRIORITY_GLYPH[alarm.priority]} />
        </svg>
      )}
      <svg x={left} y={TOP + 37} width="22" height="22">
        <StateGlyph of={state} />
      </svg>
      <text class="line-state" x={left + 30} y={TOP + 54}>
        {fresh ? model.word : t(model !== null && model.away > 0 ? "packml.away" : "packml.none")}
      </text>{" "}
      <text class="line-quiet" x={left + 30} y={TOP + 72}>
        {fresh ? model.since : ""}
      </text>{" "}
      <text class="line-wait" x={left} y={TOP + 94}>
        {wait}
      </text>{" "}
      {lines.map((text, i) => (
        <text key={text} class="line-quiet" x={left} y={TOP + 114 + 17 * i}>
          {text}{" "}
        </text>
      ))}
      <CountBar stop={stop} x={left} y={TOP + 153} />
    </a>
  );
}

export function Drawing(props: { stops: readonly Stop[]; ordered: boolean; summary: string }): JSX.Element {
  const { stops, ordered } = props;
  const step = BOX.width + (ordered ? GAP : 24);
  const width = stops.length * step - (step - BOX.width) + 4;
  return (
    <div class="panel line-view" tabIndex={0} role="region" aria-label={t("line.drawing")}>
      <svg
        viewBox={`-2 0 ${String(width)} ${String(HEIGHT)}`}
        style={{ minWidth: `${String(Math.round(width * 0.78))}px`, maxWidth: `${String(Math.round(width * 1.25))}px` }}
        role="group"
        aria-label={props.summary}
      >
        {stops.map((stop, i) => (
          <g key={stop.path}>
            {ordered && i + 1 < stops.length ? <Between x={i * step + BOX.width} buffer={stop.buffer} /> : null}
            <Box stop={stop} x={i * step} />
          </g>
        ))}
      </svg>
    </div>
  );
}
