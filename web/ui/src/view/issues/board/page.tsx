/** Issues by stage: cards that are dragged, moved by arrow keys, or by a dialog that says what is missing. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { issues as fetchIssues } from "../../../data/rest/api.ts";
import type { Issue, IssueState } from "../../../data/rest/model.ts";
import { query, withQuery } from "../../frame/router.ts";
import { t } from "../../i18n/index.ts";
import { LIVING, onIssueEvent } from "../../live/issues.ts";
import { textTick } from "../../live/pace.ts";
import { useResource } from "../../live/resource.ts";
import { phase, serverClock } from "../../live/session.ts";
import { age, title } from "../../parts/format.ts";
import { SeverityGlyph } from "../../parts/glyph.tsx";
import { unacknowledged } from "../../parts/severity.tsx";
import { Empty, Failed, Loading } from "../../parts/states.tsx";
import { COLUMNS, stepTo } from "./move.ts";
import { MoveDialog, type Moving } from "./moving.tsx";
import { worstFirst } from "../order.ts";
import { IssueTabs } from "../tabs.tsx";
import "./board.css";

/** More cards in one column are counted, not drawn: nobody drags the five-hundredth. */
const MOST_CARDS = 60;
/** Closed ones stay on the board for a day. */
const CLOSED_MS = 86_400_000;

interface CardProps {
  readonly issue: Issue;
  readonly moving: Signal<Moving | null>;
  readonly dragged: Signal<Issue | null>;
}

function neighbour(issue: Issue, by: number): IssueState | null {
  const at = COLUMNS.findIndex((column) => column.holds.includes(issue.state));
  return COLUMNS[at + by]?.state ?? null;
}

function Card(props: CardProps): JSX.Element {
  const { issue, moving, dragged } = props;
  const now = serverClock.now();
  const byKey = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || !event.altKey) return;
    event.preventDefault();
    const to = neighbour(issue, by);
    if (to !== null) moving.value = { issue, to };
  };
  return (
    <li
      class={`card ${unacknowledged([issue])}`}
      data-issue={issue.number}
      draggable={phase.value === "live"}
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", String(issue.number));
        dragged.value = issue;
      }}
      onDragEnd={() => (dragged.value = null)}
      onKeyDown={byKey}
    >
      <p class="card-head">
        <SeverityGlyph severity={issue.severity} />
        <span class="visually-hidden">{t(`severity.${issue.severity}`)}</span>
        <span class="quiet">{t("issue.title", { number: issue.number })}</span>
        {issue.repeat > 1 ? <span class="tag">{t("board.repeat", { n: issue.repeat })}</span> : null}
        <span class="card-age">{age(now - issue.onset_ms)}</span>
      </p>
      <a href={`/issues/${String(issue.number)}`}>{issue.title}</a>
      <p class="card-foot">
        <span>{title(issue.asset.slice(issue.asset.lastIndexOf("/") + 1))}</span>
        <span class={issue.active ? "active-now" : "quiet"}>{t(issue.active ? "issues.active" : "issues.cleared")}</span>
        <span class="quiet">{issue.owner === "" ? t("board.nobody") : issue.owner}</span>
        {issue.children.length > 0 ? <span class="quiet">{t("board.children", { n: issue.children.length })}</span> : null}
      </p>
      <button type="button" class="small-button" disabled={phase.value !== "live"} onClick={() => (moving.value = { issue, to: null })}>
        {t("board.move")}
        <span class="visually-hidden"> {t("issue.title", { number: issue.number })}</span>
      </button>
    </li>
  );
}

interface ColumnProps {
  readonly state: IssueState;
  readonly issues: readonly Issue[];
  readonly moving: Signal<Moving | null>;
  readonly dragged: Signal<Issue | null>;
}

function Column(props: ColumnProps): JSX.Element {
  const { state, issues, moving, dragged } = props;
  const over = useMemo(() => signal(false), []);
  const held = dragged.value;
  const takes = held !== null && stepTo(held, state) !== null;
  return (
    <section
      class={`column${takes ? " column-takes" : ""}${over.value && takes ? " column-over" : ""}`}
      data-column={state}
      aria-label={t(`issue_state.${state}`)}
      onDragOver={(event) => {
        if (!takes) return;
        event.preventDefault();
        over.value = true;
      }}
      onDragLeave={() => (over.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        over.value = false;
        if (held !== null && takes) moving.value = { issue: held, to: state };
      }}
    >
      <h2>
        {t(`issue_state.${state}`)} <span class="quiet">{issues.length}</span>
      </h2>
      <ul>
        {issues.slice(0, MOST_CARDS).map((issue) => (
          <Card key={issue.number} issue={issue} moving={moving} dragged={dragged} />
        ))}
      </ul>
      {issues.length > MOST_CARDS ? <p class="quiet">{t("board.more", { n: issues.length - MOST_CARDS })}</p> : null}
    </section>
  );
}

function TypeFilter(props: { chosen: string; types: readonly string[] }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.type")}>
      <a href={withQuery("type", "")} aria-current={props.chosen === "" ? "true" : undefined}>
        {t("issues.all")}
      </a>
      {(["quality", "throughput", "maintenance", "safety", "data"] as const)
        .filter((type) => props.types.includes(type) || type === props.chosen)
        .map((type) => (
          <a key={type} href={withQuery("type", type)} aria-current={type === props.chosen ? "true" : undefined}>
            {t(`issue_type.${type}`)}
          </a>
        ))}
    </nav>
  );
}

async function onBoard(): Promise<readonly Issue[]> {
  const all = await fetchIssues([...LIVING, "closed"]);
  const since = serverClock.now() - CLOSED_MS;
  return all.filter((issue) => issue.state !== "closed" || (issue.closed_ms ?? 0) > since);
}

export function BoardPage(_props: { rest: string }): JSX.Element {
  void textTick.value;
  const moving = useMemo(() => signal<Moving | null>(null), []);
  const dragged = useMemo(() => signal<Issue | null>(null), []);
  const resource = useResource(onBoard, []);
  useEffect(
    () =>
      onIssueEvent(() => {
        resource.soon();
      }),
    [resource],
  );
  const state = resource.state.value;
  const type = query.value.get("type") ?? "";
  const all = state.status === "ready" ? state.value : [];
  const shown = worstFirst(all.filter((issue) => type === "" || issue.type === type));
  return (
    <div class="issues">
      <div class="page-head">
        <h1>{t("issues.title")}</h1>
        <IssueTabs here="board" />
        <TypeFilter chosen={type} types={all.map((issue) => issue.type)} />
        <p class="quiet" role="status">
          {state.status === "ready" ? t("issues.count", { count: shown.length }) : ""}
        </p>
      </div>
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && shown.length === 0 ? <Empty title={t("issues.empty_open")} next={t("issues.empty_next")} /> : null}
      {shown.length > 0 ? (
        <>
          <p class="quiet board-help">{t("board.help")}</p>
          <div class="board" tabIndex={0} role="region" aria-label={t("board.title")}>
            {COLUMNS.map((column) => (
              <Column
                key={column.state}
                state={column.state}
                issues={shown.filter((issue) => column.holds.includes(issue.state))}
                moving={moving}
                dragged={dragged}
              />
            ))}
          </div>
        </>
      ) : null}
      {moving.value === null ? null : (
        <MoveDialog
          key={moving.value.issue.number}
          moving={moving.value}
          close={(moved) => {
            moving.value = null;
            if (moved) void resource.load();
          }}
        />
      )}
    </div>
  );
}
