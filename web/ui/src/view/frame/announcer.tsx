/** Tells a screen reader of new issues: of the worst at once, of others when it has finished its sentence. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { openIssues } from "../live/issues.ts";

const urgent = signal("");
const calm = signal("");
let known: ReadonlySet<number> | null = null;

function compare(): void {
  const list = openIssues.value;
  if (list === null) return;
  const before = known;
  known = new Set(list.map((issue) => issue.number));
  // What was open when the page was opened is on the screen and no news.
  if (before === null) return;
  const fresh = list.filter((issue) => !before.has(issue.number));
  const worst = fresh.filter((issue) => issue.severity === "P1");
  const others = fresh.length - worst.length;
  if (worst.length > 0) urgent.value = worst.map((issue) => t("announce.worst", { title: issue.title })).join(" ");
  if (others > 0) calm.value = t("announce.others", { count: others });
}

export function Announcer(): JSX.Element {
  const state = openIssues.state.value;
  useEffect(compare, [state]);
  return (
    <div class="visually-hidden">
      <p aria-live="assertive">{urgent.value}</p>
      <p aria-live="polite">{calm.value}</p>
    </div>
  );
}
