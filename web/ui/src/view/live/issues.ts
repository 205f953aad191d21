/** Issues that are not closed, shared by every page and kept up to date by the event stream. */

import { computed } from "@preact/signals";
import { issues } from "../../data/rest/api.ts";
import { ISSUE_STATES, type Issue, type IssueEvent, type IssueState, type Severity } from "../../data/rest/model.ts";
import { Resource } from "./resource.ts";
import { live, phase } from "./session.ts";

export const SEVERITIES: readonly Severity[] = ["P1", "P2", "P3", "P4"];

/** States in which somebody still has to do something. */
export const LIVING: readonly IssueState[] = ISSUE_STATES.filter((each) => !["closed", "rejected", "duplicate"].includes(each));

export const openIssues = new Resource<readonly Issue[]>(() => issues(LIVING));

const listeners = new Set<(event: IssueEvent | null) => void>();

/** Tells of each change of any issue; null means that changes were missed. Returns how to stop. */
export function onIssueEvent(listener: (event: IssueEvent | null) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(event: IssueEvent | null): void {
  openIssues.soon();
  for (const listener of listeners) listener(event);
}

export function followIssues(): void {
  live.subscribe({
    view: "issues",
    receiver: {
      event: (event) => {
        tell(event as IssueEvent);
      },
      reset: () => {
        tell(null);
      },
    },
  });
  phase.subscribe((now) => {
    if (now === "live") openIssues.soon(0);
  });
}

export type SeverityCounts = Readonly<Record<Severity, number>>;

export function countBySeverity(list: readonly Issue[]): SeverityCounts {
  const counts = { P1: 0, P2: 0, P3: 0, P4: 0 };
  for (const issue of list) counts[issue.severity] += 1;
  return counts;
}

/** Whether an issue belongs to a machine: by its asset or its signal. */
export function concerns(issue: Issue, machine: string): boolean {
  return issue.asset === machine || `${issue.asset}/`.startsWith(`${machine}/`) || issue.signal.startsWith(`${machine}/`);
}

export const openBySeverity = computed(() => countBySeverity(openIssues.value ?? []));
