/** The list of issues, filtered by state and severity in the address, live by the event stream. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { issues } from "../../data/rest/api.ts";
import type { IssueState, Severity } from "../../data/rest/model.ts";
import { query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { onIssueEvent, SEVERITIES } from "../live/issues.ts";
import { useResource } from "../live/resource.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { worstFirst } from "./order.ts";
import { IssueTable } from "./table.tsx";

const FILTERS: readonly (readonly [string, Key, readonly IssueState[]])[] = [
  ["", "issue_state.open", ["open", "acknowledged"]],
  ["unacknowledged", "issues.unacknowledged", ["open"]],
  ["acknowledged", "issue_state.acknowledged", ["acknowledged"]],
  ["closed", "issue_state.closed", ["closed"]],
  ["all", "issues.all", ["open", "acknowledged", "closed"]],
];

function StateFilter(props: { chosen: string }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.state")}>
      {FILTERS.map(([name, label]) => (
        <a key={name} href={withQuery("state", name)} aria-current={name === props.chosen ? "true" : undefined}>
          {t(label)}
        </a>
      ))}
    </nav>
  );
}

function SeverityFilter(props: { chosen: Severity | "" }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.severity")}>
      <a href={withQuery("severity", "")} aria-current={props.chosen === "" ? "true" : undefined}>
        {t("issues.all")}
      </a>
      {SEVERITIES.map((severity) => (
        <a
          key={severity}
          href={withQuery("severity", severity)}
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
  const resource = useResource(() => issues(states), [name]);
  useEffect(
    () =>
      onIssueEvent(() => {
        resource.soon();
      }),
    [resource],
  );
  const state = resource.state.value;
  const found = state.status === "ready" ? worstFirst(state.value.filter((each) => severity === "" || each.severity === severity)) : [];
  return (
    <div class="issues">
      <div class="page-head">
        <h1>{t("issues.title")}</h1>
        <StateFilter chosen={name} />
        <SeverityFilter chosen={severity} />
        <p class="quiet" role="status">
          {state.status === "ready" ? t("issues.count", { count: found.length }) : ""}
        </p>
      </div>
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? (
        <Empty title={t(name === "" && severity === "" ? "issues.empty_open" : "issues.empty")} next={t("issues.empty_next")} />
      ) : null}
      {found.length > 0 ? (
        <div class="panel" tabIndex={0} role="region" aria-label={t("issues.title")}>
          <IssueTable issues={found} />
        </div>
      ) : null}
    </div>
  );
}
