/** Data that arrives and that no mapping wants, by connector. */

import type { JSX } from "preact";
import { unknownSources } from "../../data/rest/api.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Loading } from "../parts/states.tsx";
import { HealthFrame } from "./frame.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

function Unknown(props: { names: readonly string[] }): JSX.Element {
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

export function UnknownPage(_props: { rest: string }): JSX.Element {
  useHealth();
  const now = health.value;
  return (
    <HealthFrame heading={t("health.unknown")}>
      <p class="quiet lead">{t("health.unknown_lead")}</p>
      {now === null ? <Loading rows={3} /> : <Unknown names={now.connectors.map((each) => each.name)} />}
    </HealthFrame>
  );
}
