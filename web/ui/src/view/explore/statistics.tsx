/** What the chosen range comes to for each signal, and beside it the period compared with. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { measuredAs } from "../live/shown.ts";
import { number } from "../parts/format.ts";
import type { Shown } from "./data.ts";

function Row(props: { of: Shown; compared: boolean }): JSX.Element {
  const { column, statistics: now, earlier } = props.of;
  const cell = (value: number | null, more = 0): string => number(value, Math.min(6, column.decimals + more));
  const level = (value: number | null, more = 0): JSX.Element => (
    <td class="num" title={measuredAs(column, value)}>
      {cell(value, more)}
    </td>
  );
  const minus = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a - b);
  return (
    <tr data-signal={column.path}>
      <th scope="row">
        {column.path} <span class="unit">{column.unit}</span>
      </th>
      <td class="num">{number(now.count)}</td>
      {level(now.low)}
      {level(now.mean, 2)}
      {level(now.high)}
      {level(now.first)}
      {level(now.last)}
      <td class="num">{cell(minus(now.last, now.first))}</td>
      {props.compared ? (
        <>
          {level(earlier?.mean ?? null, 2)}
          <td class="num">{cell(minus(now.mean, earlier?.mean ?? null), 2)}</td>
        </>
      ) : null}
    </tr>
  );
}

export function StatisticsTable(props: { shown: readonly Shown[]; part: boolean }): JSX.Element {
  const compared = props.shown.some((each) => each.earlier !== null);
  const heading = t(props.part ? "explore.statistics_part" : "explore.statistics");
  const heads = [
    t("explore.rows"), t("chart.low"), t("explore.mean"), t("chart.high"), t("explore.first"), t("explore.last"), t("explore.change"),
    ...(compared ? [t("explore.before"), t("explore.difference")] : []),
  ];
  return (
    <section class="panel" tabIndex={0} aria-label={heading} data-section="statistics">
      <h2>{heading}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("explore.signal")}</th>
            {heads.map((head) => (
              <th key={head} scope="col" class="num">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.shown.map((each) => (
            <Row key={each.column.path} of={each} compared={compared} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
