/** Where an issue may go from where it is, and what is to be said with it. */

import type { Move } from "../../../data/rest/cases.ts";
import type { Issue, IssueState } from "../../../data/rest/model.ts";

/** The board's columns: what waits, and every stage of work; what has ended stands in the list. */
export const COLUMNS: readonly { readonly state: IssueState; readonly holds: readonly IssueState[] }[] = [
  { state: "open", holds: ["open", "reopened"] },
  { state: "triage", holds: ["triage"] },
  { state: "contained", holds: ["contained"] },
  { state: "root_cause", holds: ["root_cause"] },
  { state: "action_planned", holds: ["action_planned"] },
  { state: "implemented", holds: ["implemented"] },
  { state: "verifying", holds: ["verifying"] },
  { state: "closed", holds: ["closed"] },
];

/** Actions that ask for a reason. */
export const REASONED: ReadonlySet<string> = new Set(["send_back", "reject", "reopen"]);

const place = (state: IssueState): number => COLUMNS.findIndex((column) => column.holds.includes(state));

/** The action that leads from an issue's column to another, or null where no single step does. */
export function stepTo(issue: Issue, to: IssueState): string | null {
  const steps = place(to) - place(issue.state);
  if (steps === 1) return place(issue.state) === 0 ? "acknowledge" : issue.state === "verifying" ? "close" : "advance";
  if (steps === -1 && place(to) > 0 && issue.state !== "closed") return "send_back";
  if (to === "open" && issue.state === "closed") return "reopen";
  return null;
}

/** The move by its name among those that the gateway allows. */
export const moveOf = (moves: readonly Move[], action: string): Move | undefined =>
  moves.find((each) => each.action === (action === "close" ? "advance" : action));
