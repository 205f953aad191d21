/** Which stretch of time is shown: a window that follows the clock, the shift, the one before, or a day. */

import type { JSX } from "preact";
import type { ShiftPick } from "../../data/rest/standing.ts";
import { t, type Key } from "../i18n/index.ts";
import { serverClock, zone } from "../live/session.ts";
import { choose, WINDOWS_S, type Span, type Wish } from "./span.ts";

const SHIFTS: readonly ShiftPick[] = ["current", "previous"];

function Windows(props: { wish: Wish; plain: boolean }): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={t("machine.window")}>
      {WINDOWS_S.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={props.plain && each === props.wish.windowS}
          onClick={() => {
            choose({ window: each });
          }}
        >
          {t(`window.${each}` as Key)}
        </button>
      ))}
    </div>
  );
}

function Shifts(props: { wish: Wish }): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={t("shift.label")}>
      {SHIFTS.map((pick) => (
        <button
          key={pick}
          type="button"
          aria-pressed={props.wish.shift === pick}
          onClick={() => {
            choose({ shift: pick });
          }}
        >
          {t(`shift.${pick}`)}
        </button>
      ))}
    </div>
  );
}

function Day(props: { wish: Wish }): JSX.Element {
  const now = serverClock.now();
  const today = Number.isNaN(now) ? "" : zone.value.local(now).slice(0, 10);
  return (
    <label class="day">
      {t("span.day_label")}
      <input
        type="date"
        value={props.wish.day}
        max={today}
        onChange={(event) => {
          const day = event.currentTarget.value;
          choose(day === "" ? {} : { day });
        }}
      />
    </label>
  );
}

/** Pausing writes the end of the window into the address, so that a link shows what stood still. */
export function Range(props: { wish: Wish; span: Span }): JSX.Element {
  const { wish, span } = props;
  const plain = wish.shift === null && wish.day === "" && wish.fromMs === null;
  const paused = plain && wish.toMs !== null;
  return (
    <div class="windows">
      <Windows wish={wish} plain={plain} />
      <Shifts wish={wish} />
      <Day wish={wish} />
      <button
        type="button"
        class="toggle"
        aria-pressed={paused}
        disabled={!plain}
        onClick={() => {
          choose(paused ? { window: wish.windowS } : { window: wish.windowS, to: Math.round(span.endMs ?? serverClock.now()) });
        }}
      >
        {t(paused ? "machine.resume" : "machine.pause")}
      </button>
    </div>
  );
}
