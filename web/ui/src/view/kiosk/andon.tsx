/** What needs somebody, largest first: open issues by severity, then machines that are down, held or silent. */

import type { JSX } from "preact";
import { ABNORMAL } from "../../data/plant/packml.ts";
import { t } from "../i18n/index.ts";
import { worstFirst } from "../issues/order.ts";
import type { FloorStore } from "../live/floor.ts";
import type { TileModel } from "../live/tile.ts";
import { openIssues } from "../live/issues.ts";
import { textTick } from "../live/pace.ts";
import { serverClock } from "../live/session.ts";
import { age, title } from "../parts/format.ts";
import { SeverityGlyph, StateGlyph } from "../parts/glyph.tsx";
import { SeverityCounts, unacknowledged } from "../parts/severity.tsx";

function Issues(props: { most: number }): JSX.Element {
  const now = serverClock.now();
  const all = worstFirst(openIssues.value ?? []);
  return (
    <>
      {all.slice(0, props.most).map((issue) => (
        <li key={issue.number} class={`wall-row ${unacknowledged([issue])}`} data-issue={issue.number}>
          <SeverityGlyph severity={issue.severity} />
          <strong>{issue.title}</strong>
          <span>{title(issue.asset.slice(issue.asset.lastIndexOf("/") + 1))}</span>
          <span>{age(now - issue.onset_ms)}</span>
        </li>
      ))}
      {all.length > props.most ? <li class="wall-row quiet">{t("kiosk.more", { count: all.length - props.most })}</li> : null}
    </>
  );
}

function Machine(props: { of: TileModel }): JSX.Element {
  const { of } = props;
  const known = of.stateFreshness === "fresh" && !of.dark;
  return (
    <li class="wall-row" data-machine={of.path}>
      <StateGlyph of={known ? of.state : "none"} />
      <strong>{of.name}</strong>
      <span>{known ? of.word : t(of.away > 0 ? "packml.away" : "packml.none")}</span>
      <span>{known ? of.since : ""}</span>
    </li>
  );
}

/** Rows beyond `most` of each list are counted, never cut off at the screen's edge. */
export function Andon(props: { store: FloorStore; most: number }): JSX.Element {
  void textTick.value;
  const machines = (props.store.lines.value ?? []).flatMap((line) => line.machines);
  const abnormal = machines
    .map((machine) => props.store.model(machine)?.peek() ?? null)
    .filter((model) => model !== null)
    .filter((model) => model.dark || (model.stateful && ABNORMAL.has(model.state)));
  const issues = openIssues.value ?? [];
  const half = Math.max(1, Math.floor(props.most / 2));
  const known = openIssues.state.value.status === "ready" && props.store.lines.value !== null;
  return (
    <section class="wall-andon" aria-label={t("kiosk.andon")}>
      <SeverityCounts />
      {known && issues.length + abnormal.length === 0 ? <p class="wall-calm">{t("kiosk.calm", { machines: machines.length })}</p> : null}
      <ul>
        <Issues most={abnormal.length === 0 ? props.most : half} />
        {abnormal.slice(0, half).map((model) => (
          <Machine key={model.path} of={model} />
        ))}
        {abnormal.length > half ? <li class="wall-row quiet">{t("kiosk.more", { count: abnormal.length - half })}</li> : null}
      </ul>
    </section>
  );
}
