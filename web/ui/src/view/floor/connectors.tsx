/** How the connectors are doing: those in trouble in words, the others in a row; the story is on the connectors page. */

import type { JSX } from "preact";
import type { ConnectorStatus } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { CONNECTOR_CONDITION } from "../parts/conditions.ts";
import { lag, number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";

/** More than this in good order are counted instead of named. */
const MOST_NAMED = 12;

const isGood = (of: ConnectorStatus): boolean => CONNECTOR_CONDITION[of.state] === "good" && of.figures.drops === 0;

function One(props: { of: ConnectorStatus }): JSX.Element {
  const { of } = props;
  const condition = CONNECTOR_CONDITION[of.state];
  const drops = of.figures.drops;
  const rate = t("connector.per_s", { rate: number(of.samples_per_s, of.samples_per_s < 10 ? 1 : 0) });
  return (
    <li>
      <a class={`connector connector-${condition}`} href="/health/connectors" data-connector={of.name} title={of.last_error}>
        <ConditionGlyph of={condition} />
        <span class="connector-name">{of.name}</span>
        <span class="connector-state">{t(`connector.state.${of.state}`)}</span>
        <span class="fact">
          <span class="visually-hidden">{t("connector.rate")} </span>
          {rate}
        </span>
        <span class="fact" title={t("connector.lag")}>
          <span class="visually-hidden">{t("connector.lag")} </span>
          {lag(of.lag_s)}
        </span>
        {drops > 0 ? <span class="fact fact-alarm">{t("connector.dropped", { drops: number(drops) })}</span> : null}
      </a>
    </li>
  );
}

export function ConnectorStrip(): JSX.Element {
  useHealth();
  const now = health.value;
  if (now === null) return <div class="skeleton-row strip-skeleton" />;
  const good = now.connectors.filter(isGood);
  const named = good.length > MOST_NAMED ? [] : good;
  return (
    <section class="strip" aria-label={t("floor.connectors")}>
      {now.connectors.length === 0 ? <p>{t("connector.none")}</p> : null}
      <ul>
        {[...now.connectors.filter((each) => !isGood(each)), ...named].map((each) => (
          <One key={each.name} of={each} />
        ))}
        {good.length > named.length ? (
          <li>
            <a class="connector" href="/health/connectors">
              <ConditionGlyph of="good" /> {t("connector.more_live", { count: good.length })}
            </a>
          </li>
        ) : null}
      </ul>
    </section>
  );
}
