/** In which order issues stand. */

import type { Issue } from "../../data/rest/model.ts";
import { SEVERITIES } from "../live/issues.ts";

/** Worst first: what is not closed before what is, then by severity, then the newest. */
export function worstFirst(list: readonly Issue[]): Issue[] {
  const rank = (issue: Issue): number => (issue.state === "closed" ? 10 : 0) + SEVERITIES.indexOf(issue.severity);
  return [...list].sort((a, b) => rank(a) - rank(b) || b.number - a.number);
}
