/** Continuous improvement: what to do next, what trials did, measured standard times, practices. */

import type { JSX } from "preact";
import { practices } from "../../data/rest/improvement.ts";
import { query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { BacklogPart } from "./backlog.tsx";
import { StandardsPart } from "./standards.tsx";
import "../plan/plan.css";
import "./improvement.css";

function PracticesPart(): JSX.Element {
  const held = useResource(practices, [], 60_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  if (state.value.length === 0) return <Empty title={t("improvement.no_practices")} />;
  return (
    <div class="cards">
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

const PARTS: readonly (readonly [string, Key, () => JSX.Element])[] = [
  ["", "improvement.backlog", BacklogPart],
  ["standards", "improvement.standards", StandardsPart],
  ["practices", "improvement.practices", PracticesPart],
];

export function ImprovementPage(_props: { rest: string }): JSX.Element {
  const asked = query.value.get("part") ?? "";
  const chosen = PARTS.find(([name]) => name === asked) ?? PARTS[0];
  const [name, , Part] = chosen as (typeof PARTS)[number];
  return (
    <div class="planning improvement">
      <div class="page-head">
        <h1>{t("improvement.title")}</h1>
        <nav class="segments" aria-label={t("improvement.parts")}>
          {PARTS.map(([to, label]) => (
            <a key={to} href={withQuery("part", to)} aria-current={to === name ? "true" : undefined}>
              {t(label)}
            </a>
          ))}
        </nav>
      </div>
      <Part key={name} />
    </div>
  );
}
