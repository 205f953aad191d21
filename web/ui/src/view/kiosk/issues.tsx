/** Open issues by line with their age, for a wall. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { worstFirst } from "../issues/order.ts";
import { openIssues } from "../live/issues.ts";
import { textTick } from "../live/pace.ts";
import { serverClock } from "../live/session.ts";
import { age, title } from "../parts/format.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { SeverityCounts, unacknowledged } from "../parts/severity.tsx";
import { Loading } from "../parts/states.tsx";

const LINE_LEVELS = 3;

function lineOf(asset: string): string {
  return asset.split("/").slice(0, LINE_LEVELS).slice(1).map(title).join(" / ");
}

/** Rows beyond `most` are counted, never cut off at the screen's edge. */
export function IssueWall(props: { most: number }): JSX.Element {
  void textTick.value;
  const now = serverClock.now();
  if (openIssues.state.value.status !== "ready") return <Loading rows={6} />;
  const all = worstFirst(openIssues.value ?? []);
  const shown = all.slice(0, props.most);
  const lines = [...new Set(shown.map((issue) => lineOf(issue.asset)))];
  return (
    <section class="wall-andon" aria-label={t("kiosk.issues")}>
      <SeverityCounts />
      {all.length === 0 ? <p class="wall-calm">{t("issues.empty_open")}</p> : null}
      {lines.map((line) => (
        <section key={line} aria-label={line}>
          <h2>{line}</h2>
          <ul>
            {shown
              .filter((issue) => lineOf(issue.asset) === line)
              .map((issue) => (
                <li key={issue.number} class={`wall-row ${unacknowledged([issue])}`} data-issue={issue.number}>
                  <SeverityGlyph severity={issue.severity} />
                  <strong>{issue.title}</strong>
                  <span>{t(`issue_state.${issue.state}`)}</span>
                  <span>{age(now - issue.onset_ms)}</span>
                </li>
              ))}
          </ul>
        </section>
      ))}
      {all.length > shown.length ? <p class="wall-row quiet">{t("kiosk.more", { count: all.length - shown.length })}</p> : null}
    </section>
  );
}
