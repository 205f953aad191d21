/** When data did not arrive and what became of each such gap, newest first. */

import type { JSX } from "preact";
import { gaps } from "../../data/rest/api.ts";
import type { Gap } from "../../data/rest/model.ts";
import { query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock, zone } from "../live/session.ts";
import { age } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Pager, slice } from "../parts/pager.tsx";
import { HealthFrame } from "./frame.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;
const DAY_MS = 86_400_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

function length(gap: Gap): string {
  return age((gap.end_ms ?? serverClock.now()) - gap.start_ms);
}

const DAYS = [1, 7, 30] as const;
const ROWS = 50;

function chosenDays(): number {
  return DAYS.find((each) => String(each) === query.value.get("days")) ?? 1;
}

/** Where the next older part of the list ends: no gap is shown twice, unless more than one answer began at one time. */
function olderThan(found: { items: readonly Gap[]; truncated: boolean }, toMs: number): string | null {
  const last = found.items.at(-1);
  if (!found.truncated || last === undefined) return null;
  const next = last.start_ms + 1 < toMs ? last.start_ms + 1 : last.start_ms;
  return withParts({ to: [String(Math.round(next))], page: [] });
}

function Gaps(): JSX.Element {
  const days = chosenDays();
  const asked = Number(query.value.get("to"));
  const until = Number.isFinite(asked) && asked > 0 ? asked : null;
  const resource = useResource(
    () => {
      const now = Number.isNaN(serverClock.now()) ? Date.now() : serverClock.now();
      return gaps(now - days * DAY_MS, until ?? now);
    },
    [days, until],
    until === null ? EVERY_MS : 0,
  );
  const heading = t("health.gaps");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  const all = resource.value?.items ?? [];
  const shown = slice(all, Number(query.value.get("page") ?? 1), ROWS);
  const last = shown.page === shown.pages;
  const back = shown.page > 1 ? withQuery("page", shown.page === 2 ? "" : String(shown.page - 1)) : null;
  return (
    <>
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
        rows={shown.items.map((gap) => (
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
      <Pager
        text={t("pager.page", { page: shown.page, pages: shown.pages, count: all.length })}
        newer={back ?? (until === null ? null : withParts({ to: [], page: [] }))}
        older={last ? olderThan(resource.value ?? { items: [], truncated: false }, until ?? Infinity) : withQuery("page", String(shown.page + 1))}
      />
    </>
  );
}

export function GapsPage(_props: { rest: string }): JSX.Element {
  const days = chosenDays();
  return (
    <HealthFrame
      heading={t("health.gaps")}
      beside={
        <nav class="segments" aria-label={t("health.range")}>
          {DAYS.map((each) => (
            <a key={each} href={withParts({ days: each === 1 ? [] : [String(each)], to: [], page: [] })} aria-current={each === days ? "true" : undefined}>
              {t(`health.days_${each}`)}
            </a>
          ))}
        </nav>
      }
    >
      <p class="quiet lead">{t("health.gaps_lead")}</p>
      <Gaps />
    </HealthFrame>
  );
}
