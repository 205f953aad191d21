/** How the gateway itself is doing: problems first, then connectors, stages, and what was not taken in. */

import type { JSX } from "preact";
import type { Health } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { zone } from "../live/session.ts";
import { bytes, lag } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Loading } from "../parts/states.tsx";
import { Connectors, Troubles } from "./connectors.tsx";
import { DeadLetters, Gaps, Rules, Unknown } from "./ledger.tsx";
import { Stages } from "./stages.tsx";
import "./health.css";

function Head(props: { now: Health }): JSX.Element {
  const { now } = props;
  return (
    <div class="page-head">
      <h1>{t("health.title")}</h1>
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
    </div>
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
  if (now === null) {
    return (
      <>
        <h1>{t("health.title")}</h1>
        <Loading rows={6} />
      </>
    );
  }
  return (
    <div class="health">
      <Head now={now} />
      <Problems problems={now.problems} />
      <Connectors of={now.connectors} atMs={now.time_ms} />
      <Troubles of={now.connectors} />
      <Stages of={now.stages} atMs={now.time_ms} />
      <Rules />
      <Unknown names={now.connectors.map((each) => each.name)} />
      <DeadLetters />
      <Gaps />
    </div>
  );
}
