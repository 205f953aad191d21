/** Payloads that could not be used, newest first, page by page. */

import type { JSX } from "preact";
import { deadLetters } from "../../data/rest/api.ts";
import { query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Pager } from "../parts/pager.tsx";
import { HealthFrame } from "./frame.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

function DeadLetters(): JSX.Element {
  const asked = Number(query.value.get("before"));
  const before = Number.isInteger(asked) && asked > 0 ? asked : null;
  const resource = useResource(() => deadLetters(before), [before], before === null ? EVERY_MS : 0);
  const heading = t("health.dead");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  const page = resource.value;
  return (
    <>
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
        rows={(page?.items ?? []).map((letter) => (
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
      <Pager
        text={t("health.dead_total", { total: number(page?.total ?? 0) })}
        newer={before === null ? null : withQuery("before", "")}
        older={page?.next_before == null ? null : withQuery("before", String(page.next_before))}
      />
    </>
  );
}

export function DeadLettersPage(_props: { rest: string }): JSX.Element {
  return (
    <HealthFrame heading={t("health.dead")}>
      <p class="quiet lead">{t("health.dead_lead")}</p>
      <DeadLetters />
    </HealthFrame>
  );
}
