/** Continuous improvement: what to do next, what trials did, measured standard times, practices. */

import type { JSX } from "preact";
import { practices } from "../../data/rest/improvement.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { Parted, type Part } from "../parts/parted.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { BacklogPart } from "./backlog.tsx";
import { StandardsPart } from "./standards.tsx";
import "./improvement.css";

function PracticesPart(): JSX.Element {
  const held = useResource(practices, [], 60_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  if (state.value.length === 0) return <Empty title={t("improvement.no_practices")} />;
  return (
    <div class="panels">
      {state.value.map((each) => (
        <article key={each.title} class="panel" data-practice={each.practice}>
          <h2>{each.title}</h2>
          <p class="quiet">{t("improvement.trigger", { trigger: each.trigger })}</p>
          <ul>
            {each.evidence.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
          <a class="button" href={each.link} aria-label={`${t("improvement.open")}: ${each.title}`}>
            {t("improvement.open")}
          </a>
        </article>
      ))}
    </div>
  );
}

const PARTS: readonly [Part, ...Part[]] = [
  ["", "improvement.backlog", BacklogPart],
  ["standards", "improvement.standards", StandardsPart],
  ["practices", "improvement.practices", PracticesPart],
];

export function ImprovementPage(_props: { rest: string }): JSX.Element {
  return <Parted title="improvement.title" choice="improvement.parts" parts={PARTS} look="improvement" />;
}
