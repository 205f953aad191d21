/** The floor's head: OEE, pieces against plan, open alarms and issues, and where the shift stands. */

import type { ComponentChildren, JSX } from "preact";
import { busyMs } from "../../data/plant/shift.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { t } from "../i18n/index.ts";
import { openAlarms, PRIORITIES, PRIORITY_GLYPH } from "../live/open-alarms.ts";
import { textTick } from "../live/pace.ts";
import { serverClock, zone } from "../live/session.ts";
import { standingNow, type Floor } from "../live/standing.ts";
import type { Loaded } from "../live/resource.ts";
import { age, number, title } from "../parts/format.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { Oee } from "../parts/oee.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { SeverityCounts } from "../parts/severity.tsx";

function Card(props: { label: string; name: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class={`card card-${props.name}`} aria-label={props.label}>
      <h2>{props.label}</h2>
      {props.children}
    </section>
  );
}

function AlarmCounts(): JSX.Element {
  const state = openAlarms.state.value;
  const known = state.status === "ready";
  return (
    <ul class="severities">
      {PRIORITIES.map((priority) => {
        const count = known ? state.value.filter((alarm) => alarm.priority === priority).length : 0;
        return (
          <li key={priority}>
            <a href={`/alarms?priority=${priority}`} title={t(`priority.${priority}`)} class={count > 0 ? "severity-some" : "severity-zero"} data-priority={priority}>
              <SeverityGlyph severity={PRIORITY_GLYPH[priority]} quiet={count === 0} />
              <span>{known ? number(count) : t("value.none")}</span>
              <span class="visually-hidden">{t(`priority.${priority}`)}</span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

/** The name of the shift, when it is, how far it has gone. */
function ShiftClock(props: { of: Standing }): JSX.Element {
  const { of } = props;
  const { start_ms: start, end_ms: end } = of;
  if (start === null || end === null) return <p class="quiet">{t("shift.differ")}</p>;
  const now = serverClock.now();
  const span = t("shift.span", { from: zone.value.format(start, "minutes"), to: zone.value.format(end, "minutes") });
  const name = of.shift === "" ? t(of.day_only ? "shift.day" : "shift.none") : title(of.shift);
  const gone = Math.min(1, Math.max(0, (now - start) / (end - start)));
  const left = now < end ? t("shift.left", { age: age(end - now) }) : t("shift.over", { age: age(now - end) });
  const onBreak = of.breaks.some(([opens, closes]) => opens <= now && now < closes);
  return (
    <div class="shift-clock" title={t("shift.planned", { age: age(busyMs(of, end)) })}>
      <p>
        <strong>{name}</strong> <span class="quiet">{span}</span>
      </p>
      <svg class="plan-bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label={`${name}, ${span}, ${left}`}>
        <rect class="bar-back" x="0" y="3" width="1000" height="6" />
        <rect class="bar-fill" x="0" y="3" width={gone * 1000} height="6" />
        {of.breaks.map(([opens, closes]) => (
          <rect key={opens} class="shift-break" x={((opens - start) / (end - start)) * 1000} y="3" width={((closes - opens) / (end - start)) * 1000} height="6" />
        ))}
      </svg>
      <p class="quiet">
        {left}
        {onBreak ? ` · ${t("shift.break")}` : ""}
      </p>
    </div>
  );
}

/** Figures of the whole plant; while they are not known the boxes keep their place. */
export function FloorHead(props: { state: Loaded<Floor> }): JSX.Element {
  void textTick.value;
  const { state } = props;
  const plant = state.status === "ready" ? state.value.plant : null;
  const missing =
    state.status === "failed" ? <p class="quiet">{state.error.message}</p> : state.status === "loading" ? <div class="card-wait" /> : <p class="quiet">{t("floor.no_figures")}</p>;
  return (
    <div class="cards">
      <Card name="oee" label={t("floor.oee")}>
        {plant === null ? missing : <Oee of={plant} bare />}
        {plant === null || plant.known >= plant.members ? null : <p class="quiet card-note">{t("floor.known", { known: plant.known, members: plant.members })}</p>}
      </Card>
      <Card name="output" label={t("floor.output")}>
        {plant === null ? missing : <PlanBar of={plant} nowMs={standingNow(plant)} size="small" />}
      </Card>
      <Card name="alarms" label={t("floor.alarms")}>
        <AlarmCounts />
      </Card>
      <Card name="issues" label={t("floor.issues")}>
        <SeverityCounts />
      </Card>
      <Card name="shift" label={t("floor.shift")}>
        {plant === null ? missing : <ShiftClock of={plant} />}
      </Card>
    </div>
  );
}
