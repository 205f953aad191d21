/** Every connector with all it says of itself, and the sources that do not deliver. */

import type { JSX } from "preact";
import type { ConnectorStatus } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { zone } from "../live/session.ts";
import { mayConfigure } from "../live/who.ts";
import { CONNECTOR_CONDITION } from "../parts/conditions.ts";
import { age, lag, number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Loading } from "../parts/states.tsx";
import { HealthFrame } from "./frame.tsx";
import { Switch } from "./switch.tsx";
import { TableSection } from "./table.tsx";

function Alarmed(props: { count: number }): JSX.Element {
  return <td class={props.count > 0 ? "num num-alarm" : "num"}>{number(props.count)}</td>;
}

function Row(props: { of: ConnectorStatus; atMs: number }): JSX.Element {
  const { of, atMs } = props;
  const { figures } = of;
  return (
    <tr data-connector={of.name}>
      <th scope="row">
        {of.name}
        <span class="sub">
          {of.kind} {of.target}
        </span>
      </th>
      <td>
        <span class="chip">
          <ConditionGlyph of={CONNECTOR_CONDITION[of.state]} />
          {t(`connector.state.${of.state}`)}
        </span>
        <span class="sub">{age(atMs - of.since_ms)}</span>
        {of.off === "" ? null : <span class="sub">{t("health.off_by", { why: of.off })}</span>}
      </td>
      <td class="error">
        {of.last_error === "" ? t("value.none") : of.last_error}
        {of.last_error_ms === null ? null : <span class="sub">{zone.value.format(of.last_error_ms, "full")}</span>}
        {of.next_try_ms === null ? null : (
          <span class="sub">{t("health.next_try", { age: age(of.next_try_ms - atMs) })}</span>
        )}
      </td>
      <td class="num">{number(of.attempts)}</td>
      <td class="num">{number(of.samples_per_s, 1)}</td>
      <td class="num">{lag(of.lag_s)}</td>
      <td class="num">{of.silent_s === null ? t("value.none") : lag(of.silent_s)}</td>
      <td class="num">
        {number(figures.queue_depth)} / {number(figures.queue_limit)}
      </td>
      <Alarmed count={figures.drops} />
      <Alarmed count={of.dead_letters} />
      <Alarmed count={of.losses} />
      <td class={of.stale_signals > 0 ? "num num-alarm" : "num"}>
        {t("value.stale_of", { stale: of.stale_signals, all: of.signals })}
      </td>
      <td class="num">{number(figures.unknown)}</td>
      {mayConfigure.value ? <Switch of={of} /> : null}
    </tr>
  );
}

function Connectors(props: { of: readonly ConnectorStatus[]; atMs: number }): JSX.Element {
  const num = true;
  return (
    <TableSection
      name="connectors"
      heading={t("health.connectors")}
      empty={t("health.no_connectors")}
      heads={[
        { text: t("health.name") },
        { text: t("health.state") },
        { text: t("health.error") },
        { text: t("health.attempts"), num },
        { text: t("health.rate"), num },
        { text: t("health.lag"), num },
        { text: t("health.silent"), num },
        { text: t("health.queue"), num },
        { text: t("health.drops"), num },
        { text: t("health.dead_letters"), num },
        { text: t("health.losses"), num },
        { text: t("health.stale"), num },
        { text: t("health.unknown_count"), num },
        ...(mayConfigure.value ? [{ text: t("act.what") }] : []),
      ]}
      rows={props.of.map((each) => (
        <Row key={each.name} of={each} atMs={props.atMs} />
      ))}
    />
  );
}

function Troubles(props: { of: readonly ConnectorStatus[] }): JSX.Element {
  const all = props.of.flatMap((each) => each.troubles.map((trouble) => ({ connector: each.name, trouble })));
  return (
    <TableSection
      heading={t("health.troubles")}
      empty={t("health.no_troubles")}
      heads={[
        { text: t("health.connector") },
        { text: t("health.source") },
        { text: t("health.signal") },
        { text: t("health.reason") },
        { text: t("health.since") },
      ]}
      rows={all.map(({ connector, trouble }) => (
        <tr key={`${connector} ${trouble.source} ${trouble.signal_path}`}>
          <th scope="row">{connector}</th>
          <td class="code">{trouble.source}</td>
          <td>{trouble.signal_path}</td>
          <td>{trouble.reason}</td>
          <td>{zone.value.format(trouble.since_ms, "full")}</td>
        </tr>
      ))}
    />
  );
}

export function ConnectorsPage(_props: { rest: string }): JSX.Element {
  useHealth();
  const now = health.value;
  return (
    <HealthFrame heading={t("health.connectors")}>
      {now === null ? (
        <Loading rows={4} />
      ) : (
        <>
          <Connectors of={now.connectors} atMs={now.time_ms} />
          <Troubles of={now.connectors} />
        </>
      )}
    </HealthFrame>
  );
}
