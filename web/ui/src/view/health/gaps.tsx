/** When data did not arrive and what became of each such gap, newest first: filtered, noted, exported. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { gapQuery, gaps } from "../../data/rest/api.ts";
import type { Gap, GapState } from "../../data/rest/model.ts";
import { noteGap } from "../../data/rest/upkeep.ts";
import { go, query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock, zone } from "../live/session.ts";
import { mayExport, mayNote } from "../live/who.ts";
import { age } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Pager, slice } from "../parts/pager.tsx";
import { ReasonDialog } from "../parts/reason.tsx";
import { HealthFrame } from "./frame.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
const STATES: readonly GapState[] = ["open", "lost", "republished", "backfilled"];

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

function length(gap: Gap): string {
  return age((gap.end_ms ?? serverClock.now()) - gap.start_ms);
}

const DAYS = [1, 7, 30] as const;
const ROWS = 50;

function chosenDays(): number {
  return DAYS.find((each) => String(each) === query.value.get("days")) ?? 1;
}

interface Wanted {
  readonly machine: string;
  readonly state: string;
  readonly cause: string;
}

const wantedNow = (): Wanted => ({
  machine: query.value.get("machine") ?? "",
  state: STATES.find((each) => each === query.value.get("state")) ?? "",
  cause: query.value.get("cause") ?? "",
});

const now = (): number => (Number.isNaN(serverClock.now()) ? Date.now() : serverClock.now());

/** Where the next older part of the list ends: no gap is shown twice, unless more than one answer began at one time. */
function olderThan(found: { items: readonly Gap[]; truncated: boolean }, toMs: number): string | null {
  const last = found.items.at(-1);
  if (!found.truncated || last === undefined) return null;
  const next = last.start_ms + 1 < toMs ? last.start_ms + 1 : last.start_ms;
  return withParts({ to: [String(Math.round(next))], page: [] });
}

function Filter(): JSX.Element {
  const wanted = wantedNow();
  const set = (name: keyof Wanted, value: string): void => {
    go(withParts({ [name]: value.trim() === "" ? [] : [value.trim()], page: [], to: [] }), "replace");
  };
  return (
    <form class="act-bar" role="search" aria-label={t("gap.filter")} onSubmit={(event) => { event.preventDefault(); }}>
      <label class="field">
        {t("gap.below")}{" "}
        <input type="text" value={wanted.machine} placeholder={t("gap.below_hint")} onChange={(event) => { set("machine", event.currentTarget.value); }} />
      </label>
      <label class="field">
        {t("health.state")}{" "}
        <select value={wanted.state} onChange={(event) => { set("state", event.currentTarget.value); }}>
          <option value="">{t("gap.any")}</option>
          {STATES.map((state) => (
            <option key={state} value={state}>
              {t(`gap.${state}`)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {t("health.cause")}{" "}
        <input type="text" value={wanted.cause} onChange={(event) => { set("cause", event.currentTarget.value); }} />
      </label>
    </form>
  );
}

function Gaps(): JSX.Element {
  const days = chosenDays();
  const wanted = wantedNow();
  const [noted, note] = useState<Gap | null>(null);
  const asked = Number(query.value.get("to"));
  const until = Number.isFinite(asked) && asked > 0 ? asked : null;
  const resource = useResource(
    () => gaps(now() - days * DAY_MS, until ?? now(), wanted),
    [days, until, JSON.stringify(wanted)],
    until === null ? EVERY_MS : 0,
  );
  const heading = t("health.gaps");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  const all = resource.value?.items ?? [];
  const shown = slice(all, Number(query.value.get("page") ?? 1), ROWS);
  const last = shown.page === shown.pages;
  const back = shown.page > 1 ? withQuery("page", shown.page === 2 ? "" : String(shown.page - 1)) : null;
  const may = mayNote.value;
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
          { text: t("gap.note") },
        ]}
        rows={shown.items.map((gap) => (
          <tr key={gap.id} data-gap={gap.id}>
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
            <td>
              {gap.remark === null ? null : (
                <>
                  {gap.remark.reason} <span class="sub">{gap.remark.by}</span>
                </>
              )}
              {may ? (
                <button type="button" class="small-button" aria-label={t("gap.note_of", { act: t(gap.remark === null ? "gap.add_note" : "gap.change_note"), signal: gap.signal })} onClick={() => { note(gap); }}>
                  {t(gap.remark === null ? "gap.add_note" : "gap.change_note")}
                </button>
              ) : null}
            </td>
          </tr>
        ))}
      />
      <Pager
        text={t("pager.page", { page: shown.page, pages: shown.pages, count: all.length })}
        newer={back ?? (until === null ? null : withParts({ to: [], page: [] }))}
        older={last ? olderThan(resource.value ?? { items: [], truncated: false }, until ?? Infinity) : withQuery("page", String(shown.page + 1))}
      />
      {noted === null ? null : (
        <ReasonDialog
          heading={t("gap.note_of", { act: t("gap.add_note"), signal: noted.signal })}
          act={t("gap.add_note")}
          close={() => { note(null); }}
          send={async (reason) => {
            await noteGap(noted.id, reason);
            resource.soon(0);
          }}
        />
      )}
    </>
  );
}

export function GapsPage(_props: { rest: string }): JSX.Element {
  const days = chosenDays();
  return (
    <HealthFrame
      heading={t("health.gaps")}
      beside={
        <>
          <nav class="segments" aria-label={t("health.range")}>
            {DAYS.map((each) => (
              <a key={each} href={withParts({ days: each === 1 ? [] : [String(each)], to: [], page: [] })} aria-current={each === days ? "true" : undefined}>
                {t(`health.days_${each}`)}
              </a>
            ))}
          </nav>
          {mayExport.value ? (
            <a class="button" href={`/api/v1/gaps/export${gapQuery(now() - days * DAY_MS, now(), wantedNow())}`} download>
              {t("act.export")}
            </a>
          ) : null}
        </>
      }
    >
      <p class="quiet lead">{t("health.gaps_lead")}</p>
      <Filter />
      <Gaps />
    </HealthFrame>
  );
}
