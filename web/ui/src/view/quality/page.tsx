/** Quality control: checks that are due, nonconformances, lots, genealogy, checklists. */

import type { JSX } from "preact";
import { gates } from "../../data/rest/quality.ts";
import { query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { ChecksPart, DonePart } from "./checks.tsx";
import { ListsPart } from "./lists.tsx";
import { LotsPart } from "./lots.tsx";
import { NcsPart } from "./ncs.tsx";
import { TracePart } from "./trace.tsx";
import "../plan/plan.css";
import "./quality.css";

const PARTS: readonly (readonly [string, Key, () => JSX.Element])[] = [
  ["", "quality.checks", ChecksPart],
  ["done", "quality.done", DonePart],
  ["ncs", "quality.ncs", NcsPart],
  ["lots", "quality.lots", LotsPart],
  ["trace", "quality.trace", TracePart],
  ["checklists", "quality.lists", ListsPart],
];

function Blocks(): JSX.Element | null {
  const blocks = useResource(gates, [], 3_000).value ?? [];
  if (blocks.length === 0) return null;
  return (
    <section class="panel blocks" aria-label={t("quality.blocks")} data-section="blocks">
      <h2>{t("quality.blocks")}</h2>
      <ul>
        {blocks.slice(0, 10).map((each) => (
          <li key={`${each.stops}${each.message}`} data-stops={each.stops}>
            {each.message}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function QualityPage(_props: { rest: string }): JSX.Element {
  const asked = query.value.get("part") ?? "";
  const chosen = PARTS.find(([name]) => name === asked) ?? PARTS[0];
  const [name, , Part] = chosen as (typeof PARTS)[number];
  return (
    <div class="planning quality">
      <div class="page-head">
        <h1>{t("quality.title")}</h1>
        <nav class="segments" aria-label={t("quality.parts")}>
          {PARTS.map(([to, label]) => (
            <a key={to} href={withQuery("part", to)} aria-current={to === name ? "true" : undefined}>
              {t(label)}
            </a>
          ))}
        </nav>
      </div>
      <Blocks />
      <Part key={name} />
    </div>
  );
}
