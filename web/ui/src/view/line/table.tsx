/** The same as the drawing, as a table: for who cannot see it, and for its numbers. */

import type { JSX } from "preact";
import type { Standing } from "../../data/rest/standing.ts";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { standingNow } from "../live/standing.ts";
import { age, number, percent } from "../parts/format.ts";
import { StateGlyph } from "../parts/glyph.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { Value } from "../parts/value.tsx";
import { paceShort, rate, waiting, type Stop } from "./model.ts";

const HEADS = ["machine", "state", "waits", "rate_head", "cycle_head", "starved", "blocked", "buffer", "oee"] as const;
const NUMERIC: ReadonlySet<string> = new Set(["starved", "blocked", "buffer", "oee"]);

const lost = (seconds: number | undefined): string => (seconds === undefined ? t("value.none") : age(seconds * 1_000));
const oee = (standing: Standing | undefined): string => percent(standing?.kpis["oee"] ?? null);
const or = (text: string): string => (text === "" ? t("value.none") : text);

function Row(props: { stop: Stop }): JSX.Element {
  const { stop } = props;
  const { model } = stop;
  const fresh = model !== null && model.stateFreshness === "fresh" && !model.dark;
  return (
    <tr data-row={stop.path}>
      <th scope="row">
        <a href={machineUrl(stop.path)}>{stop.name}</a>
        {stop.bottleneck ? <span class="line-tag">{t("flow.bottleneck")}</span> : null}
      </th>
      <td>
        <span class="chip">
          <StateGlyph of={fresh ? model.state : "none"} />
          {fresh ? model.word : t("packml.none")}
        </span>{" "}
        <span class="quiet">{fresh ? model.since : ""}</span>
      </td>
      <td>{or(waiting(stop))}</td>
      <td class="line-tight">{or(rate(stop))}</td>
      <td class="line-tight">{paceShort(stop)}</td>
      <td class="num">{lost(stop.flow?.starved_s)}</td>
      <td class="num">{lost(stop.flow?.blocked_s)}</td>
      <td class="num">{stop.buffer === null ? t("value.none") : <Value {...stop.buffer.shown} unit={stop.buffer.unit} />}</td>
      <td class="num">{oee(stop.standing)}</td>
      <td class="line-plan">{stop.standing === undefined ? t("value.none") : <PlanBar of={stop.standing} nowMs={standingNow(stop.standing)} />}</td>
    </tr>
  );
}

export function LineTable(props: { stops: readonly Stop[] }): JSX.Element {
  return (
    <section class="panel">
      <h2>{t("line.table")}</h2>
      <table class="line-table">
        <thead>
          <tr>
            {HEADS.map((head) => (
              <th key={head} scope="col" class={NUMERIC.has(head) ? "num" : ""}>
                {t(`line.${head}`)}
              </th>
            ))}
            <th scope="col">{t("line.count")}</th>
          </tr>
        </thead>
        <tbody>
          {props.stops.map((stop) => (
            <Row key={stop.path} stop={stop} />
          ))}
        </tbody>
      </table>
      <p class="quiet">{t("line.table_note", { count: number(props.stops.length) })}</p>
    </section>
  );
}
