/** In which order issues stand. */

import type { Issue } from "../../data/rest/model.ts";
import { LIVING, SEVERITIES } from "../live/issues.ts";

/** Whether nobody has to do anything about an issue any more. */
export const ended = (issue: Issue): boolean => !LIVING.includes(issue.state);

/** Worst first: what is not closed before what is, then by severity, then the newest. */
export function worstFirst(list: readonly Issue[]): Issue[] {
  const rank = (issue: Issue): number => (ended(issue) ? 10 : 0) + SEVERITIES.indexOf(issue.severity);
  return [...list].sort((a, b) => rank(a) - rank(b) || b.number - a.number);
}
