/** Open issues by severity, each a way to the list of them. */

import type { JSX } from "preact";
import type { Issue } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { openBySeverity, openIssues, SEVERITIES } from "../live/issues.ts";
import { SeverityGlyph } from "./glyph.tsx";

/** The class of what carries an open P1 or P2 that nobody has acknowledged: its border blinks, or stands out still. */
export function unacknowledged(issues: readonly Issue[]): string {
  const open = issues.filter((issue) => issue.state === "open" || issue.state === "reopened").map((issue) => issue.severity);
  return open.includes("P1") ? "alert-p1" : open.includes("P2") ? "alert-p2" : "";
}

export function SeverityCounts(): JSX.Element {
  const known = openIssues.state.value.status === "ready";
  return (
    <ul class="severities" aria-label={t("floor.issues")}>
      {SEVERITIES.map((severity) => {
        const count = openBySeverity.value[severity];
        return (
          <li key={severity}>
            <a href={`/issues?severity=${severity}`} class={count > 0 ? "severity-some" : "severity-zero"} data-severity={severity}>
              <SeverityGlyph severity={severity} quiet={count === 0} />
              <span aria-hidden="true">{known ? count : t("value.none")}</span>
              <span class="visually-hidden">
                {t("severity.count", { count: known ? count : t("value.none"), severity: severity.slice(1) })}
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}
