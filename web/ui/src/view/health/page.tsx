/** How the gateway itself is doing: problems first, then connectors, stages and rules. */

import type { JSX } from "preact";
import type { Health } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { zone } from "../live/session.ts";
import { bytes, lag } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Loading } from "../parts/states.tsx";
import { ConnectorStrip } from "../floor/connectors.tsx";
import { HealthFrame } from "./frame.tsx";
import { Rules } from "./rules.tsx";
import { Stages } from "./stages.tsx";
import { SystemPanel } from "./system.tsx";

function Beside(props: { now: Health }): JSX.Element {
  const { now } = props;
  return (
    <>
      <span class="chip" data-ready={now.ready}>
        <ConditionGlyph of={now.ready ? "good" : "failed"} />
        <strong>{t(now.ready ? "health.ready" : "health.not_ready")}</strong>
      </span>
      <span class="quiet">
        {t("health.loop_lag")} {lag(now.event_loop_lag_s)}
      </span>
      <span class="quiet">
        {t("health.memory")} {bytes(now.memory_bytes)}
      </span>
      <span class="quiet">{t("health.as_of", { time: zone.value.format(now.time_ms, "seconds") })}</span>
    </>
  );
}

function Problems(props: { problems: readonly string[] }): JSX.Element {
  return (
    <section class="panel">
      <h2>{t("health.problems")}</h2>
      {props.problems.length === 0 ? (
        <p class="quiet">{t("health.no_problems")}</p>
      ) : (
        <ul class="problems">
          {props.problems.map((problem) => (
            <li key={problem}>
              <ConditionGlyph of="warning" /> {problem}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function HealthPage(_props: { rest: string }): JSX.Element {
  useHealth();
  const now = health.value;
  return (
    <HealthFrame heading={t("health.title")} beside={now === null ? null : <Beside now={now} />}>
      {now === null ? (
        <Loading rows={6} />
      ) : (
        <>
          <Problems problems={now.problems} />
          <ConnectorStrip />
          <Stages of={now.stages} atMs={now.time_ms} />
          <Rules />
          <SystemPanel />
        </>
      )}
    </HealthFrame>
  );
}
