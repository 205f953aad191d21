/** One line for each connector: state, rate, lag, drops; the whole story is on the connectors page. */

import type { JSX } from "preact";
import type { ConnectorStatus } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { CONNECTOR_CONDITION } from "../parts/conditions.ts";
import { lag, number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";

function Fact(props: { label: string; value: string; alarm?: boolean }): JSX.Element {
  return (
    <span class={props.alarm === true ? "fact fact-alarm" : "fact"}>
      <span class="fact-label">{props.label}</span> {props.value}
    </span>
  );
}

function One(props: { of: ConnectorStatus }): JSX.Element {
  const { of } = props;
  const condition = CONNECTOR_CONDITION[of.state];
  const drops = of.figures.drops;
  return (
    <li>
      <a class={`connector connector-${condition}`} href="/health/connectors" data-connector={of.name} title={of.last_error}>
        <ConditionGlyph of={condition} />
        <span class="connector-name">{of.name}</span>
        <span class="connector-state">{t(`connector.state.${of.state}`)}</span>
        <Fact label={t("connector.rate")} value={`${number(of.samples_per_s, of.samples_per_s < 10 ? 1 : 0)}/s`} />
        <Fact label={t("connector.lag")} value={lag(of.lag_s)} />
        <Fact label={t("connector.drops")} value={number(drops)} alarm={drops > 0} />
      </a>
    </li>
  );
}

export function ConnectorStrip(): JSX.Element {
  useHealth();
  const now = health.value;
  return (
    <section class="strip" aria-label={t("floor.connectors")}>
      {now === null ? (
        <div class="skeleton-row strip-skeleton" />
      ) : now.connectors.length === 0 ? (
        <p>{t("connector.none")}</p>
      ) : (
        <ul>
          {now.connectors.map((each) => (
            <One key={each.name} of={each} />
          ))}
        </ul>
      )}
    </section>
  );
}
