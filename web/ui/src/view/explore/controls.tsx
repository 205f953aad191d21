/** Window, end, comparison and selection of explore: buttons and fields that write the address. */

import type { JSX } from "preact";
import { t, type Key } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import type { Found } from "./data.ts";
import { change, COMPARISONS, select, whole, WINDOWS_S, type View } from "./view.ts";

function moveTo(toMs: number | null): void {
  change({ to: toMs === null ? [] : [whole(toMs)], select: [] });
}

export function Controls(props: { view: View; now: () => number }): JSX.Element {
  const { view, now } = props;
  const end = view.toMs ?? now();
  return (
    <>
      <div class="segments" role="group" aria-label={t("explore.window")}>
        {WINDOWS_S.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={each * 1_000 === view.windowMs}
            onClick={() => {
              change({ window: [String(each)], select: [] });
            }}
          >
            {t(`window.${String(each)}` as Key)}
          </button>
        ))}
      </div>
      <div class="segments" role="group" aria-label={t("explore.end")}>
        <button type="button" onClick={() => { moveTo(end - view.windowMs / 2); }}>
          {t("explore.earlier")}
        </button>
        <button
          type="button"
          disabled={view.toMs === null}
          onClick={() => {
            const next = end + view.windowMs / 2;
            moveTo(next >= now() ? null : next);
          }}
        >
          {t("explore.later")}
        </button>
        <button type="button" aria-pressed={view.toMs === null} onClick={() => { moveTo(null); }}>
          {t("explore.now")}
        </button>
      </div>
      <label class="field">
        {t("explore.compare")}{" "}
        <select
          value={view.comparison}
          onChange={(event) => {
            const chosen = event.currentTarget.value;
            change({ compare: chosen === "none" ? [] : [chosen] });
          }}
        >
          {COMPARISONS.map((each) => (
            <option key={each} value={each}>
              {t(`explore.compare_${each}`)}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}

function Moment(props: { label: string; timeMs: number; set: (timeMs: number) => void }): JSX.Element {
  return (
    <label class="field">
      {props.label}{" "}
      <input
        type="datetime-local"
        step="1"
        value={zone.value.local(props.timeMs)}
        onChange={(event) => {
          const moment = zone.value.moment(event.currentTarget.value);
          if (!Number.isNaN(moment)) props.set(moment);
        }}
      />
    </label>
  );
}

/** The range shown, and a part of it chosen by typing what a drag over a chart chooses too. */
export function Part(props: { view: View; found: Found }): JSX.Element {
  const { view, found } = props;
  const [from, to] = view.selection ?? [found.fromMs, found.toMs];
  return (
    <div class="part">
      <span class="quiet">
        {t("explore.range", { from: zone.value.format(found.fromMs, "full"), to: zone.value.format(found.toMs, "full") })}
      </span>
      <Moment label={t("explore.from")} timeMs={from} set={(ms) => { if (ms < to) select(ms, to); }} />
      <Moment label={t("explore.to")} timeMs={to} set={(ms) => { if (ms > from) select(from, ms); }} />
      {view.selection === null ? (
        <span class="quiet">{t("explore.hint")}</span>
      ) : (
        <>
          <button
            type="button"
            class="button"
            onClick={() => {
              change({ window: [String(Math.max(1, Math.round((to - from) / 1_000)))], to: [whole(to)], select: [] });
            }}
          >
            {t("explore.zoom")}
          </button>
          <button type="button" class="button" onClick={() => { change({ select: [] }); }}>
            {t("explore.clear")}
          </button>
        </>
      )}
    </div>
  );
}
