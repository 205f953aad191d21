/** What was not taken in and why, fetched every few seconds: rules, unknown data, dead letters, gaps. */

import type { JSX } from "preact";
import { deadLetters, gaps, rules, unknownSources } from "../../data/rest/api.ts";
import type { Gap } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock, zone } from "../live/session.ts";
import { age, number } from "../parts/format.ts";
import { ConditionGlyph, SeverityGlyph } from "../parts/glyph.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;
const DAY_MS = 86_400_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

export function Rules(): JSX.Element {
  const resource = useResource(rules, [], EVERY_MS);
  const heading = t("health.rules");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  return (
    <TableSection
      name="rules"
      heading={heading}
      empty={t("health.no_rules")}
      heads={[
        { text: t("issues.severity") },
        { text: t("health.rule") },
        { text: t("health.type") },
        { text: t("health.state") },
        { text: t("health.active"), num: true },
        { text: t("health.error") },
      ]}
      rows={(resource.value ?? []).map((rule) => (
        <tr key={rule.id} data-rule={rule.id}>
          <td>
            <SeverityGlyph severity={rule.severity} quiet={rule.active === 0} />
            <span class="visually-hidden">{t(`severity.${rule.severity}`)}</span>
          </td>
          <th scope="row">
            {rule.title}
            <span class="sub">
              {rule.id} {rule.version}
            </span>
          </th>
          <td>{rule.type}</td>
          <td>
            <span class="chip">
              <ConditionGlyph of={rule.error !== "" ? "failed" : rule.enabled ? "good" : "off"} />
              {t(rule.error !== "" ? "health.disabled" : rule.enabled ? "health.enabled" : "health.off")}
            </span>
          </td>
          <td class="num">{number(rule.active)}</td>
          <td class="error">{rule.error === "" ? t("value.none") : rule.error}</td>
        </tr>
      ))}
    />
  );
}

export function Unknown(props: { names: readonly string[] }): JSX.Element {
  const resource = useResource(
    async () => {
      const lists = await Promise.all(props.names.map(unknownSources));
      return props.names.flatMap((connector, i) => (lists[i] ?? []).map((of) => ({ connector, of })));
    },
    [props.names.join("\n")],
    EVERY_MS,
  );
  const heading = t("health.unknown");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  return (
    <TableSection
      name="unknown"
      heading={heading}
      empty={t("health.no_unknown")}
      heads={[
        { text: t("health.connector") },
        { text: t("health.source") },
        { text: t("health.count"), num: true },
        { text: t("health.first") },
        { text: t("health.last") },
        { text: t("health.sample") },
      ]}
      rows={(resource.value ?? []).map(({ connector, of }) => (
        <tr key={`${connector} ${of.source}`}>
          <th scope="row">{connector}</th>
          <td class="code">{of.source}</td>
          <td class="num">{number(of.count)}</td>
          <td>{at(of.first_ms)}</td>
          <td>{at(of.last_ms)}</td>
          <td class="code excerpt">{of.sample}</td>
        </tr>
      ))}
    />
  );
}

export function DeadLetters(): JSX.Element {
  const resource = useResource(deadLetters, [], EVERY_MS);
  const heading = t("health.dead");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  return (
    <TableSection
      name="dead-letters"
      heading={heading}
      empty={t("health.no_dead")}
      heads={[
        { text: t("health.time") },
        { text: t("health.connector") },
        { text: t("health.source") },
        { text: t("health.reason") },
        { text: t("health.payload") },
      ]}
      rows={(resource.value ?? []).map((letter) => (
        <tr key={letter.id}>
          <td>{at(letter.time_ms)}</td>
          <td>{letter.connector}</td>
          <td class="code">{letter.source}</td>
          <td>{letter.reason}</td>
          <td class="code excerpt">
            {letter.excerpt}
            <span class="sub">{t("health.bytes", { size: number(letter.payload_size) })}</span>
          </td>
        </tr>
      ))}
    />
  );
}

function length(gap: Gap): string {
  return age((gap.end_ms ?? serverClock.now()) - gap.start_ms);
}

export function Gaps(): JSX.Element {
  const resource = useResource(
    () => {
      const now = Number.isNaN(serverClock.now()) ? Date.now() : serverClock.now();
      return gaps(now - DAY_MS, now);
    },
    [],
    EVERY_MS,
  );
  const heading = t("health.gaps");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  return (
    <TableSection
      name="gaps"
      heading={heading}
      empty={t("health.no_gaps")}
      heads={[
        { text: t("health.signal") },
        { text: t("health.state") },
        { text: t("health.start") },
        { text: t("health.end") },
        { text: t("health.length"), num: true },
        { text: t("health.cause") },
      ]}
      rows={(resource.value ?? []).map((gap) => (
        <tr key={gap.id}>
          <th scope="row">{gap.signal}</th>
          <td>
            <span class="chip">
              <ConditionGlyph of={gap.state === "open" ? "warning" : gap.state === "lost" ? "failed" : "off"} />
              {t(`gap.${gap.state}`)}
            </span>
          </td>
          <td>{at(gap.start_ms)}</td>
          <td>{gap.end_ms === null ? t("health.still_open") : at(gap.end_ms)}</td>
          <td class="num">{length(gap)}</td>
          <td>{gap.cause}</td>
        </tr>
      ))}
    />
  );
}
