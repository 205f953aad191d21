/** The alarm journal newest first: what happened to which alarm, by whom and why. */

import type { JSX } from "preact";
import { journal, type JournalEntry } from "../../data/rest/alarms.ts";
import { query, withQuery } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { Pager } from "../parts/pager.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { PriorityGlyph } from "./glyph.tsx";
import { useAlarmChanges } from "./live.ts";

function Entry(props: { entry: JournalEntry }): JSX.Element {
  const { entry } = props;
  const { of } = entry;
  return (
    <tr data-entry={entry.seq}>
      <td class="num">{zone.value.format(entry.time_ms, "full")}</td>
      <td>
        <PriorityGlyph alarm={{ ...of, acked: true }} />
      </td>
      <td>{of.title}</td>
      <td title={of.signal}>{of.signal.split("/").slice(-2).join(" / ")}</td>
      <td>{tOr(`alarms.action.${entry.action}`, entry.action)}</td>
      <td class="alarm-letter">
        {entry.before} → {entry.after}
      </td>
      <td>{entry.by}</td>
      <td class="alarm-text">{entry.reason === "" ? t("value.none") : entry.reason}</td>
    </tr>
  );
}

export function History(): JSX.Element {
  const asked = Number(query.value.get("before"));
  const before = Number.isInteger(asked) && asked > 0 ? asked : null;
  const resource = useResource(() => journal(before), [before]);
  useAlarmChanges(() => {
    if (before === null) resource.soon();
  }, [resource]);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={5} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const { items, next_before: next } = state.value;
  if (items.length === 0) return <Empty title={t("alarms.empty.history")} next={t("alarms.empty_next")} />;
  return (
    <>
      <div class="panel" tabIndex={0} role="region" aria-label={t("alarms.tab.history")}>
        <table class="alarm-table">
          <thead>
            <tr>
              <th scope="col" class="num">{t("alarms.history.time")}</th>
              <th scope="col">{t("alarms.priority")}</th>
              <th scope="col">{t("alarms.text")}</th>
              <th scope="col">{t("alarms.source")}</th>
              <th scope="col">{t("alarms.history.what")}</th>
              <th scope="col">{t("alarms.state")}</th>
              <th scope="col">{t("alarms.history.by")}</th>
              <th scope="col">{t("alarms.history.reason")}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((each) => (
              <Entry key={each.seq} entry={each} />
            ))}
          </tbody>
        </table>
      </div>
      <Pager
        text=""
        newer={before === null ? null : withQuery("before", "")}
        older={next === null ? null : withQuery("before", String(next))}
      />
    </>
  );
}
