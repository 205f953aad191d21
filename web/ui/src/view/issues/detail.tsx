/** One issue: what happened, by which rule and limits, the evidence, its history, and what can be done. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { issueEvents } from "../../data/rest/api.ts";
import { fetchCase, type Case } from "../../data/rest/cases.ts";
import type { Issue, IssueEvent } from "../../data/rest/model.ts";
import { machineUrl } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { onIssueEvent } from "../live/issues.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { number, title } from "../parts/format.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Actions } from "./actions.tsx";
import { Around, Children } from "./case/around.tsx";
import { Form8D } from "./case/form.tsx";
import { Gate } from "./case/gate.tsx";
import { Proofs } from "./case/proof.tsx";
import { Orders } from "./case/orders.tsx";
import { Files, Similar, Work } from "./case/work.tsx";
import { Evidence } from "./evidence.tsx";
import { Explain } from "./explain.tsx";
import { ended } from "./order.ts";
import { compared, exact, type Level } from "./shown.ts";
import "./issues.css";
import "./board/board.css";
import "./case/case.css";
import "../machine/machine.css";

function when(timeMs: number | null): string {
  return timeMs === null ? t("value.none") : zone.value.format(timeMs, "full");
}

function Fact(props: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

/** Names that end so are times, whatever the signal is measured in. */
const limitText = ({ name, value }: Level, unit: string): string =>
  name.endsWith("_s") ? `${title(name.slice(0, -2))} ${exact(value)} s` : `${title(name)} ${exact(value)} ${unit}`.trim();

function Facts(props: { issue: Issue }): JSX.Element {
  const { issue } = props;
  const { value, limits, unit } = compared(issue);
  const machine = issue.asset.split("/").length === 4;
  return (
    <section class="panel">
      <h2>{t("issue.facts")}</h2>
      <p class="explanation">{issue.explanation}</p>
      <dl class="facts">
        <Fact label={t("issue.asset")}>{machine ? <a href={machineUrl(issue.asset)}>{issue.asset}</a> : issue.asset}</Fact>
        <Fact label={t("issue.signal")}>{issue.signal === "" ? t("value.none") : issue.signal}</Fact>
        <Fact label={t("issue.rule")}>
          {issue.rule} <span class="quiet">{issue.rule_version}</span>
        </Fact>
        <Fact label={t("issue.limits")}>
          {limits.length === 0
            ? t("value.none")
            : limits.map((each) => limitText(each, unit)).join(", ")}
        </Fact>
        <Fact label={t("issue.value")}>
          {value === null ? t("value.none") : `${number(value, 3)} ${unit}`}
        </Fact>
        <Fact label={t("issue.occurrences")}>{issue.occurrences}</Fact>
        <Fact label={t("issue.onset")}>{when(issue.onset_ms)}</Fact>
        <Fact label={t("issue.opened")}>{when(issue.opened_ms)}</Fact>
        <Fact label={t("issue.cleared")}>{when(issue.cleared_ms)}</Fact>
        <Fact label={t("issue.closed")}>{when(issue.closed_ms)}</Fact>
      </dl>
    </section>
  );
}

/** Details that are sentences of their own and need no name. */
const SENTENCES = new Set(["note", "text", "reason", "explanation"]);

/** A field that somebody changed, from what to what. */
function changed(field: string, pair: unknown): string {
  const [before, after] = Array.isArray(pair) ? (pair as readonly unknown[]) : [null, pair];
  const said = (value: unknown): string => {
    if (value === null || value === undefined || value === "") return t("value.none");
    if (field.endsWith("_ms")) return when(Number(value));
    if (field.endsWith("_ns")) return when(Number(value) / 1e6);
    return typeof value === "object" ? JSON.stringify(value) : String(value as string | number | boolean);
  };
  return t("issue.changed", { field: tOr(`field.${field}`, title(field)), before: said(before), after: said(after) });
}

/** A detail as a person reads it; times in nanoseconds may come as text, being beyond exact numbers. */
function detail(name: string, value: unknown): string {
  if (SENTENCES.has(name)) return String(value);
  if (name.endsWith("_ns")) return `${title(name.slice(0, -3))}: ${when(Number(value) / 1e6)}`;
  if (name === "changes" && typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([field, pair]) => changed(field, pair))
      .join("; ");
  }
  if (typeof value === "object" && value !== null) {
    const inner = Object.entries(value).map(([key, each]) => `${title(key)} ${String(each)}`);
    return `${title(name)}: ${inner.join(", ")}`;
  }
  return `${title(name)}: ${String(value)}`;
}

function details(event: IssueEvent): string {
  return Object.entries(event.detail)
    .filter(([, value]) => value !== "" && value !== null)
    .map(([name, value]) => detail(name, value))
    .join(" · ");
}

function History(props: { events: readonly IssueEvent[] }): JSX.Element {
  return (
    <section class="panel">
      <h2>{t("issue.history")}</h2>
      {props.events.length === 0 ? <p class="quiet">{t("issue.no_history")}</p> : null}
      <ol class="history">
        {[...props.events].reverse().map((event) => (
          <li key={event.seq}>
            <p>
              <strong>{tOr(`action.${event.action}`, title(event.action))}</strong> <span class="quiet">{event.by}</span>
            </p>
            <p class="history-detail">{details(event)}</p>
            <time class="quiet">{when(event.time_ms)}</time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function EvidenceList(props: { issue: Issue }): JSX.Element {
  const { issue } = props;
  return (
    <section aria-label={t("issue.evidence")}>
      <h2>{t("issue.evidence")}</h2>
      {issue.evidence.length === 0 ? (
        <Empty title={t("issue.no_evidence")} />
      ) : (
        <>
          <p class="quiet evidence-note">{t("issue.evidence_note")}</p>
          <div class="evidence-list">
            {issue.evidence.map((series) => (
              <Evidence key={series.path} issue={issue} series={series} />
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function Detail(props: { of: Case; events: readonly IssueEvent[]; changed: () => void }): JSX.Element {
  const { of, changed } = props;
  const issue = of.issue;
  return (
    <>
      <h1 class="issue-title">
        <SeverityGlyph severity={issue.severity} quiet={ended(issue)} />
        <span class="visually-hidden">{t(`severity.${issue.severity}`)}: </span>
        {issue.title}
      </h1>
      <p class="issue-line">
        <span class="tag">{t("issue.title", { number: issue.number })}</span>
        <span class="tag" data-state={issue.state}>
          {t(`issue_state.${issue.state}`)}
        </span>
        <span class="tag">{t(`issue_type.${issue.type}`)}</span>
        {issue.repeat > 1 ? <span class="tag">{t("board.repeat", { n: issue.repeat })}</span> : null}
        {issue.owner === "" ? null : <span class="tag">{t("issue.owned", { owner: issue.owner })}</span>}
        {issue.team === "" ? null : <span class="tag">{t("issue.for_team", { team: issue.team })}</span>}
        {issue.duplicate_of === null ? null : (
          <a class="tag" href={`/issues/${String(issue.duplicate_of)}`}>
            {t("issue.duplicate_of", { number: issue.duplicate_of })}
          </a>
        )}
        <span class={issue.active ? "active-now" : "quiet"}>{t(issue.active ? "issues.active" : "issues.cleared")}</span>
      </p>
      <div class="machine-grid">
        <div class="machine-side">
          <Facts issue={issue} />
          <Children of={of} />
          <EvidenceList issue={issue} />
          <Explain issue={issue.number} />
          <Around of={of} />
          <Form8D of={of} changed={changed} />
        </div>
        <div class="machine-side">
          <Gate of={of} changed={changed} />
          <Actions issue={issue} changed={changed} />
          <Work of={of} changed={changed} />
          <Orders issue={issue} />
          <Proofs of={of} changed={changed} />
          <Similar of={of} changed={changed} />
          <Files of={of} changed={changed} />
          <History events={props.events} />
        </div>
      </div>
    </>
  );
}

export function IssuePage(props: { rest: string }): JSX.Element {
  const wanted = Number(props.rest);
  const resource = useResource(async () => {
    const [of, events] = await Promise.all([fetchCase(wanted), issueEvents(wanted)]);
    return { of, events };
  }, [wanted]);
  useEffect(
    () =>
      onIssueEvent((event) => {
        if (event === null || event.issue === wanted) resource.soon(50);
      }),
    [resource, wanted],
  );
  const changed = useMemo(() => () => void resource.load(), [resource]);
  const state = resource.state.value;
  return (
    <div class="issue">
      <p class="crumbs">
        <a href="/issues">{t("issue.back")}</a>
      </p>
      {state.status === "loading" ? <Loading /> : null}
      {state.status === "failed" && state.code === 404 ? (
        <Empty title={t("issue.not_found", { number: wanted })} next={<a href="/issues">{t("issue.back")}</a>} />
      ) : null}
      {state.status === "failed" && state.code !== 404 ? (
        <Failed error={state.error} retry={() => void resource.load()} />
      ) : null}
      {state.status === "ready" ? (
        <Detail of={state.value.of} events={state.value.events} changed={changed} />
      ) : null}
    </div>
  );
}
