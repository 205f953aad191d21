/** Quality control: checks that are due, nonconformances, lots, genealogy, checklists. */

import type { JSX } from "preact";
import { gates } from "../../data/rest/quality.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { Parted, type Part } from "../parts/parted.tsx";
import { Failed } from "../parts/states.tsx";
import { ChecksPart, DonePart } from "./checks.tsx";
import { ListsPart } from "./lists.tsx";
import { LotsPart } from "./lots.tsx";
import { NcsPart } from "./ncs.tsx";
import { TracePart } from "./trace.tsx";
import "./quality.css";

const PARTS: readonly [Part, ...Part[]] = [
  ["", "quality.checks", ChecksPart],
  ["done", "quality.done", DonePart],
  ["ncs", "quality.ncs", NcsPart],
  ["lots", "quality.lots", LotsPart],
  ["trace", "quality.trace", TracePart],
  ["checklists", "quality.lists", ListsPart],
];

function Blocks(): JSX.Element | null {
  const held = useResource(gates, [], 3_000);
  const state = held.state.value;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const blocks = held.value ?? [];
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
  return <Parted title="quality.title" choice="quality.parts" parts={PARTS} look="quality" above={<Blocks />} />;
}
