/** Issues as rows: severity, number, what, where, age, how often, and whether the condition holds now. */

import type { JSX } from "preact";
import type { Issue } from "../../data/rest/model.ts";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { serverClock } from "../live/session.ts";
import { age, title } from "../parts/format.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { unacknowledged } from "../parts/severity.tsx";
import { ended } from "./order.ts";
import "./issues.css";

function Active(props: { issue: Issue }): JSX.Element {
  const { issue } = props;
  return <span class={issue.active ? "active-now" : "quiet"}>{t(issue.active ? "issues.active" : "issues.cleared")}</span>;
}

function Where(props: { asset: string }): JSX.Element {
  const levels = props.asset.split("/");
  const name = levels.slice(-2).map(title).join(" / ");
  // Only four levels are a machine with a page of its own.
  return levels.length === 4 ? <a href={machineUrl(props.asset)}>{name}</a> : <>{name}</>;
}

function Row(props: { issue: Issue; short: boolean }): JSX.Element {
  const { issue, short } = props;
  const now = serverClock.now();
  return (
    <tr data-issue={issue.number} class={ended(issue) ? "issue-closed" : ""}>
      <td>
        <span class={`chip ${unacknowledged([issue])}`}>
          <SeverityGlyph severity={issue.severity} quiet={ended(issue)} />
          <span class="visually-hidden">{t(`severity.${issue.severity}`)}</span>
        </span>
      </td>
      {short ? null : <td class="num">{issue.number}</td>}
      <td class="issue-what">
        <a href={`/issues/${String(issue.number)}`}>{issue.title}</a>
      </td>
      {short ? null : (
        <>
          <td>
            <Where asset={issue.asset} />
          </td>
          <td>{t(`issue_type.${issue.type}`)}</td>
          <td>{t(`issue_state.${issue.state}`)}</td>
        </>
      )}
      <td>
        <Active issue={issue} />
      </td>
      <td class="num">{age(now - issue.onset_ms)}</td>
      {short ? null : <td class="num">{issue.occurrences}</td>}
    </tr>
  );
}

export function IssueTable(props: { issues: readonly Issue[]; short?: boolean }): JSX.Element {
  void textTick.value;
  const short = props.short === true;
  return (
    <table class="issue-table">
      <thead>
        <tr>
          <th scope="col">
            <span class="visually-hidden">{t("issues.severity")}</span>
          </th>
          {short ? null : <th scope="col" class="num">{t("issues.number")}</th>}
          <th scope="col">{t("issues.what")}</th>
          {short ? null : (
            <>
              <th scope="col">{t("issues.asset")}</th>
              <th scope="col">{t("issues.type")}</th>
              <th scope="col">{t("issues.state")}</th>
            </>
          )}
          <th scope="col">{t("issues.now")}</th>
          <th scope="col" class="num">{t("issues.age")}</th>
          {short ? null : <th scope="col" class="num">{t("issues.occurrences")}</th>}
        </tr>
      </thead>
      <tbody>
        {props.issues.map((issue) => (
          <Row key={issue.number} issue={issue} short={short} />
        ))}
      </tbody>
    </table>
  );
}
