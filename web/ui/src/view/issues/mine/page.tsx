/** What waits for oneself, for a phone in one hand: actions, issues owned, comments that name one. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { myWork, type MyWork } from "../../../data/rest/cases.ts";
import { t } from "../../i18n/index.ts";
import { onIssueEvent } from "../../live/issues.ts";
import { useResource } from "../../live/resource.ts";
import { zone } from "../../live/session.ts";
import { SeverityGlyph } from "../../parts/glyph.tsx";
import { Empty, Failed, Loading } from "../../parts/states.tsx";
import { useSender, Told } from "../case/parts.tsx";
import { ActionRow } from "../case/work.tsx";
import { IssueTabs } from "../tabs.tsx";
import "../issues.css";
import "../case/case.css";
import "./mine.css";

function Lists(props: { of: MyWork; changed: () => void }): JSX.Element {
  const { of } = props;
  const sender = useSender(props.changed);
  const nothing = of.actions.length + of.issues.length + of.mentions.length === 0;
  if (nothing) return <Empty title={t("mine.empty", { name: of.name })} next={t("mine.empty_next")} />;
  return (
    <div class="mine">
      <Told of={sender} />
      {of.actions.length === 0 ? null : (
        <section class="panel" aria-label={t("mine.actions")}>
          <h2>{t("mine.actions")}</h2>
          <ul class="case-list">
            {of.actions.map(({ action, title }) => (
              <li key={`${String(action.issue)}-${String(action.id)}`}>
                <a href={`/issues/${String(action.issue)}`}>
                  {t("issue.title", { number: action.issue })}: {title}
                </a>
                <ul class="case-list">
                  <ActionRow action={action} sender={sender} />
                </ul>
              </li>
            ))}
          </ul>
        </section>
      )}
      {of.issues.length === 0 ? null : (
        <section class="panel" aria-label={t("mine.issues")}>
          <h2>{t("mine.issues")}</h2>
          <ul class="case-list">
            {of.issues.map((issue) => (
              <li key={issue.number} data-issue={issue.number}>
                <a href={`/issues/${String(issue.number)}`}>
                  <SeverityGlyph severity={issue.severity} /> {issue.title}
                </a>
                <p class="quiet">
                  {t(`issue_state.${issue.state}`)} · {issue.asset.split("/").slice(-2).join(" / ")}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
      {of.mentions.length === 0 ? null : (
        <section class="panel" aria-label={t("mine.mentions")}>
          <h2>{t("mine.mentions")}</h2>
          <ul class="case-list">
            {of.mentions.map((each) => (
              <li key={`${String(each.issue)} ${String(each.time_ms)}`}>
                <a href={`/issues/${String(each.issue)}`}>{t("issue.title", { number: each.issue })}</a> {each.text}
                <p class="quiet">
                  {each.by} · {zone.value.format(each.time_ms, "full")}
                </p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

export function MyWorkPage(_props: { rest: string }): JSX.Element {
  const resource = useResource(myWork, []);
  useEffect(
    () =>
      onIssueEvent(() => {
        resource.soon();
      }),
    [resource],
  );
  const state = resource.state.value;
  return (
    <>
      <div class="page-head">
        <h1>{t("mine.title")}</h1>
        <IssueTabs here="mine" />
      </div>
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? <Lists of={state.value} changed={() => { resource.soon(0); }} /> : null}
    </>
  );
}
