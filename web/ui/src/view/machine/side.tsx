/** Beside the trends: how the machine stands in its shift, its alarms, and the connectors it is read by. */

import type { JSX } from "preact";
import { machineConnectors } from "../../data/rest/standing.ts";
import { t } from "../i18n/index.ts";
import { useJobs } from "../live/jobs.ts";
import { alarmsOf, openAlarms, PRIORITY_GLYPH, useOpenAlarms } from "../live/open-alarms.ts";
import { textTick } from "../live/pace.ts";
import { useResource } from "../live/resource.ts";
import { serverClock } from "../live/session.ts";
import { standingNow, useMachineStanding } from "../live/standing.ts";
import { CONNECTOR_CONDITION } from "../parts/conditions.ts";
import { age, lag, number } from "../parts/format.ts";
import { ConditionGlyph, SeverityGlyph } from "../parts/glyph.tsx";
import { JobLine } from "../parts/job.tsx";
import { Oee } from "../parts/oee.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";

export function ShiftPanel(props: { machine: string }): JSX.Element | null {
  void textTick.value;
  const standing = useMachineStanding(props.machine);
  const jobs = useJobs();
  if (standing === null) return null;
  return (
    <section class="panel shift-panel" aria-label={t("machine.shift")} data-section="shift">
      <h2>{t("machine.shift")}</h2>
      <PlanBar of={standing} nowMs={standingNow(standing)} />
      <Oee of={standing} />
      <JobLine of={jobs.get(props.machine)} />
      {standing.remarks.map((remark) => (
        <p key={remark} class="quiet">
          {remark}
        </p>
      ))}
    </section>
  );
}

export function AlarmPanel(props: { machine: string }): JSX.Element {
  void textTick.value;
  useOpenAlarms();
  const state = openAlarms.state.value;
  const mine = alarmsOf(openAlarms.value ?? [], props.machine);
  const now = serverClock.now();
  return (
    <section class="panel" aria-label={t("machine.alarms")} data-section="alarms">
      <h2>{t("machine.alarms")}</h2>
      {state.status === "failed" ? <p class="quiet">{state.error.message}</p> : null}
      {state.status === "ready" && mine.length === 0 ? <p class="quiet">{t("machine.no_alarms")}</p> : null}
      <ul class="alarms">
        {mine.map((alarm) => (
          <li key={alarm.number} data-alarm={alarm.number}>
            <SeverityGlyph severity={PRIORITY_GLYPH[alarm.priority]} />
            <div>
              <p>
                <strong>{alarm.title}</strong> <span class="quiet">{t(`priority.${alarm.priority}`)}</span>
              </p>
              <p class="quiet">
                {t(alarm.active ? "alarm.active" : "alarm.cleared", { age: age(now - alarm.raised_ms) })}
                {" · "}
                {t(alarm.acked ? "alarm.acked" : "alarm.unacked")}
              </p>
              <p class="quiet">{alarm.explanation}</p>
              {alarm.response === "" ? null : <p>{alarm.response}</p>}
            </div>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ConnectorPanel(props: { machine: string }): JSX.Element | null {
  const found = useResource(() => machineConnectors(props.machine), [props.machine], 5_000);
  const state = found.state.value;
  if (state.status === "loading" || (state.status === "failed" && state.code === 403)) return null;
  return (
    <section class="panel" aria-label={t("machine.connectors")} data-section="connectors">
      <h2>{t("machine.connectors")}</h2>
      {state.status === "failed" ? (
        <p class="quiet">{state.error.message}</p>
      ) : state.value.length === 0 ? (
        <p class="quiet">{t("machine.no_connector")}</p>
      ) : (
        <ul class="alarms">
          {state.value.map((each) => (
            <li key={each.name} data-connector={each.name}>
              <ConditionGlyph of={CONNECTOR_CONDITION[each.state]} />
              <div>
                <p>
                  <a href="/health/connectors">{each.name}</a> <strong>{t(`connector.state.${each.state}`)}</strong>{" "}
                  <span class="quiet">{t("machine.connector_since", { age: age(serverClock.now() - each.since_ms) })}</span>
                </p>
                <p class="quiet">
                  {t("machine.connector_facts", {
                    rate: number(each.samples_per_s, each.samples_per_s < 10 ? 1 : 0),
                    lag: lag(each.lag_s),
                    drops: number(each.figures.drops),
                    losses: number(each.losses),
                  })}
                </p>
                {each.last_error === "" || each.state === "live" ? null : <p>{each.last_error}</p>}
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
