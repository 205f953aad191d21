/** The list of issues, filtered by state, severity, place, team, owner and words in the address, live by the event stream. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { issuePage, issues, type IssueFilter } from "../../data/rest/api.ts";
import type { Issue, IssueState, Severity } from "../../data/rest/model.ts";
import { query, withParts, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { LIVING, onIssueEvent, SEVERITIES } from "../live/issues.ts";
import { useResource } from "../live/resource.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { Pager, slice } from "../parts/pager.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { wanted, WordFilter } from "./filter.tsx";
import { worstFirst } from "./order.ts";
import { IssueTable } from "./table.tsx";
import { IssueTabs } from "./tabs.tsx";

const ROWS = 100;

/** One page: of what is open by severity over all of it, of the rest by number as the gateway lists it. */
interface Listed {
  readonly shown: readonly Issue[];
  readonly count: number;
  readonly text: string;
  readonly newer: string | null;
  readonly older: string | null;
}

type Fetched =
  | { readonly kind: "whole"; readonly items: readonly Issue[] }
  | { readonly kind: "page"; readonly items: readonly Issue[]; readonly next: number | null };

async function fetchList(states: readonly IssueState[], before: number | null, filter: IssueFilter): Promise<Fetched> {
  if (!states.includes("closed")) return { kind: "whole", items: await issues(states, filter) };
  const page = await issuePage(states, before, ROWS, filter);
  return { kind: "page", items: page.items, next: page.next_before };
}

function listed(found: Fetched, severity: Severity | "", before: number | null): Listed {
  const items = worstFirst(found.items.filter((each) => severity === "" || each.severity === severity));
  if (found.kind === "page") {
    const older = found.next === null ? null : withQuery("before", String(found.next));
    return { shown: items, count: items.length, text: "", newer: before === null ? null : withQuery("before", ""), older };
  }
  const part = slice(items, Number(query.value.get("page") ?? 1), ROWS);
  const to = (page: number): string => withQuery("page", page === 1 ? "" : String(page));
  return {
    shown: part.items,
    count: items.length,
    text: t("pager.page", { page: part.page, pages: part.pages, count: items.length }),
    newer: part.page > 1 ? to(part.page - 1) : null,
    older: part.page < part.pages ? to(part.page + 1) : null,
  };
}

const ENDED: readonly IssueState[] = ["closed", "rejected", "duplicate"];

const FILTERS: readonly (readonly [string, Key, readonly IssueState[]])[] = [
  ["", "issue_state.open", LIVING],
  ["unacknowledged", "issues.unacknowledged", ["open", "reopened"]],
  ["acknowledged", "issues.acknowledged", LIVING.filter((each) => each !== "open" && each !== "reopened")],
  ["closed", "issues.ended", ENDED],
  ["all", "issues.all", [...LIVING, ...ENDED]],
];

function StateFilter(props: { chosen: string }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.state")}>
      {FILTERS.map(([name, label]) => (
        <a key={name} href={withParts({ state: name === "" ? [] : [name], page: [], before: [] })} aria-current={name === props.chosen ? "true" : undefined}>
          {t(label)}
        </a>
      ))}
    </nav>
  );
}

function SeverityFilter(props: { chosen: Severity | "" }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.severity")}>
      <a href={withParts({ severity: [], page: [] })} aria-current={props.chosen === "" ? "true" : undefined}>
        {t("issues.all")}
      </a>
      {SEVERITIES.map((severity) => (
        <a
          key={severity}
          href={withParts({ severity: [severity], page: [] })}
          aria-current={severity === props.chosen ? "true" : undefined}
          aria-label={t(`severity.${severity}`)}
        >
          <SeverityGlyph severity={severity} />
        </a>
      ))}
    </nav>
  );
}

export function IssuesPage(_props: { rest: string }): JSX.Element {
  const chosen = FILTERS.find(([name]) => name === (query.value.get("state") ?? "")) ?? FILTERS[0];
  const [name, , states] = chosen as (typeof FILTERS)[number];
  const severity = SEVERITIES.find((each) => each === query.value.get("severity")) ?? "";
  const asked = Number(query.value.get("before"));
  const before = Number.isInteger(asked) && asked > 0 ? asked : null;
  const filter = wanted();
  const resource = useResource(() => fetchList(states, before, filter), [name, before, JSON.stringify(filter)]);
  useEffect(
    () =>
      onIssueEvent(() => {
        resource.soon();
      }),
    [resource],
  );
  const state = resource.state.value;
  const list = state.status === "ready" ? listed(state.value, severity, before) : null;
  const found = list?.shown ?? [];
  return (
    <div class="issues">
      <div class="page-head">
        <h1>{t("issues.title")}</h1>
        <IssueTabs here="list" />
        <StateFilter chosen={name} />
        <SeverityFilter chosen={severity} />
        <p class="quiet" role="status">
          {list === null ? "" : t("issues.count", { count: list.count })}
        </p>
      </div>
      <WordFilter />
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? (
        <Empty title={t(name === "" && severity === "" && Object.keys(filter).length === 0 ? "issues.empty_open" : "issues.empty")} next={t("issues.empty_next")} />
      ) : null}
      {found.length > 0 ? (
        <div class="panel" tabIndex={0} role="region" aria-label={t("issues.title")}>
          <IssueTable issues={found} />
        </div>
      ) : null}
      {list === null ? null : <Pager text={list.text} newer={list.newer} older={list.older} />}
    </div>
  );
}
