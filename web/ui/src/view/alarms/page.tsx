/** Alarms: what asks for an answer, what is out of sight, what happened, and how the alarm system does. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Alarm } from "../../data/rest/alarms.ts";
import { go, query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { Pager, slice } from "../parts/pager.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { AnswerBar, offered } from "./answer.tsx";
import "./alarms.css";
import { Figures } from "./figures.tsx";
import { History } from "./history.tsx";
import { useAlarms } from "./live.ts";
import { fits, grouped, inTab, PRIORITIES, TABS, type Filter, type Tab } from "./sort.ts";
import { AlarmTable, type Selection } from "./table.tsx";

const ROWS = 100;

function Tabs(props: { chosen: Tab; all: readonly Alarm[] | null }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("alarms.tabs")}>
      {TABS.map((tab) => {
        const count = tab === "history" || tab === "figures" ? null : (props.all?.filter((each) => inTab(each, tab)).length ?? null);
        return (
          <a
            key={tab}
            href={withParts({ tab: tab === "active" ? [] : [tab], page: [], before: [] })}
            aria-current={tab === props.chosen ? "page" : undefined}
            data-tab={tab}
          >
            <span>
              {t(`alarms.tab.${tab}`)}
              {count === null ? null : <span class="nav-count">{count}</span>}
            </span>
          </a>
        );
      })}
    </nav>
  );
}

function Filters(props: { filter: Filter; together: boolean }): JSX.Element {
  const { filter, together } = props;
  return (
    <div class="alarm-bar-row">
      <label>
        {t("alarms.filter")}{" "}
        <input
          type="search"
          value={filter.text}
          onInput={(event) => {
            go(withParts({ q: event.currentTarget.value === "" ? [] : [event.currentTarget.value], page: [] }), "replace");
          }}
        />
      </label>
      <nav class="segments" aria-label={t("alarms.priority")}>
        <a href={withParts({ priority: [], page: [] })} aria-current={filter.priority === "" ? "true" : undefined}>
          {t("alarms.any")}
        </a>
        {PRIORITIES.map((each) => (
          <a key={each} href={withParts({ priority: [each], page: [] })} aria-current={each === filter.priority ? "true" : undefined}>
            {t(`alarms.priority.${each}`)}
          </a>
        ))}
      </nav>
      <a class="toggle" role="button" aria-pressed={filter.unanswered} href={withParts({ unanswered: filter.unanswered ? [] : ["1"], page: [] })}>
        {t("alarms.unanswered")}
      </a>
      <a class="toggle" role="button" aria-pressed={together} href={withParts({ group: together ? ["0"] : [], page: [] })}>
        {t("alarms.grouped")}
      </a>
    </div>
  );
}

function readFilter(): Filter {
  const priority = PRIORITIES.find((each) => each === query.value.get("priority")) ?? "";
  return { text: query.value.get("q") ?? "", priority, unanswered: query.value.get("unanswered") === "1" };
}

function List(props: { tab: Tab; all: readonly Alarm[]; reload: () => void }): JSX.Element {
  const { tab, all } = props;
  const chosen = useMemo(() => signal<ReadonlySet<number>>(new Set()), [tab]);
  const filter = readFilter();
  const together = query.value.get("group") !== "0";
  const here = all.filter((each) => inTab(each, tab));
  const found = here.filter((each) => fits(each, filter));
  const part = slice(grouped(found, together), Number(query.value.get("page") ?? 1), ROWS);
  const selected = found.filter((each) => chosen.value.has(each.number));
  const selection: Selection | null =
    offered(tab).length === 0
      ? null
      : {
          chosen: chosen.value,
          toggle: (numbers, on) => {
            const next = new Set(chosen.value);
            for (const each of numbers) {
              if (on) next.add(each);
              else next.delete(each);
            }
            chosen.value = next;
          },
        };
  const to = (page: number): string => withQuery("page", page === 1 ? "" : String(page));
  const nothing = here.length === 0 && tab !== "history" && tab !== "figures" ? t(`alarms.empty.${tab}`) : t("alarms.empty_filter");
  return (
    <>
      <Filters filter={filter} together={together} />
      <p class="quiet" role="status">
        {t("alarms.count", { count: found.length })}
      </p>
      {found.length === 0 ? (
        <Empty title={nothing} next={<a href="/rules">{t("alarms.empty_next")}</a>} />
      ) : (
        <div class="panel" tabIndex={0} role="region" aria-label={t(`alarms.tab.${tab}`)}>
          <AlarmTable rows={part.items} selection={selection} />
        </div>
      )}
      <Pager
        text={t("pager.page", { page: part.page, pages: part.pages, count: found.length })}
        newer={part.page > 1 ? to(part.page - 1) : null}
        older={part.page < part.pages ? to(part.page + 1) : null}
      />
      {here.length === 0 ? null : (
        <AnswerBar
          tab={tab}
          chosen={selected}
          done={(answered) => {
            chosen.value = new Set([...chosen.value].filter((each) => !answered.includes(each)));
            props.reload();
          }}
        />
      )}
    </>
  );
}

export function AlarmsPage(_props: { rest: string }): JSX.Element {
  const tab = TABS.find((each) => each === query.value.get("tab")) ?? "active";
  const resource = useAlarms();
  const state = resource.state.value;
  const list = tab !== "history" && tab !== "figures";
  return (
    <div class="alarms">
      <div class="page-head">
        <h1>{t("alarms.title")}</h1>
        <Tabs chosen={tab} all={resource.value} />
      </div>
      {list && state.status === "loading" ? <Loading rows={5} /> : null}
      {list && state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {list && state.status === "ready" ? <List tab={tab} all={state.value} reload={() => void resource.load()} /> : null}
      {tab === "history" ? <History /> : null}
      {tab === "figures" ? <Figures /> : null}
    </div>
  );
}
