/** Parts of the performance dashboard: OEE over time, losses, figures, and the buckets they come from. */

import type { JSX } from "preact";
import type { KpiReport, Kpis } from "../../data/rest/kpis.ts";
import { withQuery } from "../frame/router.ts";
import { t, tOr, type Key } from "../i18n/index.ts";
import { age, number, percent } from "../parts/format.ts";
import { named } from "./named.ts";

const WIDTH = 900;
const HEIGHT = 150;
const FOOT = 18;
const LABELS = 8;
const LOSSES = [
  "breakdown", "setup", "small_stops", "reduced_speed", "start_up_rejects", "production_rejects", "external", "no_order",
] as const;
const RATIOS: readonly string[] = [
  "nee", "teep", "allocation_efficiency", "utilization_efficiency", "technical_efficiency", "setup_rate", "scrap_ratio",
];
const SECONDS: readonly string[] = ["mtbf_s", "mttr_s"];

/** Bars by bucket; one that still runs is drawn as an outline, one without data is left empty. */
export function Chart(props: { readonly report: KpiReport }): JSX.Element {
  const { buckets, bucket } = props.report;
  const slot = WIDTH / Math.max(1, buckets.length);
  const each = Math.max(1, Math.ceil(buckets.length / LABELS));
  const y = (share: number): number => (HEIGHT - FOOT) * (1 - Math.min(1, share));
  const told = buckets.map((one) => `${named(one)} ${percent(one.kpis["oee"] ?? null)}`).join(", ");
  return (
    <section class="panel" aria-label={t("performance.over_time")}>
      <h2>{t("performance.over_time")}</h2>
      <svg
        class="oee-chart"
        viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t("performance.over_time_of", { bucket: t(`performance.${bucket}`), list: told })}
      >
        {[0, 0.5, 1].map((share) => (
          <line key={share} x1="0" x2={WIDTH} y1={y(share)} y2={y(share)} />
        ))}
        {buckets.map((one, i) => {
          const share = one.kpis["oee"] ?? null;
          if (share === null) return null;
          return (
            <rect
              key={one.start_ms}
              class={one.provisional ? "going" : ""}
              x={i * slot + slot * 0.12}
              y={y(share)}
              width={slot * 0.76}
              height={HEIGHT - FOOT - y(share)}
            />
          );
        })}
      </svg>
      <p class="legend quiet" aria-hidden="true">
        {buckets
          .filter((_, i) => i % each === 0)
          .map(named)
          .join(" · ")}
      </p>
    </section>
  );
}

export function Losses(props: { readonly of: Kpis }): JSX.Element {
  const planned = props.of.sums["pbt_s"] ?? 0;
  const rows = LOSSES.map((name) => [name, props.of.losses[name] ?? null] as const)
    .filter(([, seconds]) => seconds !== null && seconds > 0)
    .sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
  const most = Math.max(1, ...rows.map(([, seconds]) => seconds ?? 0));
  return (
    <section class="panel" tabIndex={0} aria-label={t("performance.losses")}>
      <h2>{t("performance.losses")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("performance.loss")}</th>
            <th scope="col" class="num">
              {t("performance.time")}
            </th>
            <th scope="col" class="num">
              {t("performance.share")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, seconds]) => (
            <tr key={name} data-loss={name}>
              <th scope="row">
                {t(`loss.${name}`)}
                <svg class="loss-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={(100 * (seconds ?? 0)) / most} height="8" />
                </svg>
              </th>
              <td class="num">{age((seconds ?? 0) * 1_000)}</td>
              <td class="num">{percent(planned > 0 ? (seconds ?? 0) / planned : null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function figure(name: string, value: number | null): string {
  if (value === null) return t("value.none");
  if (RATIOS.includes(name)) return percent(value);
  return SECONDS.includes(name) ? age(value * 1_000) : number(value, 2);
}

export function Figures(props: { readonly of: Kpis }): JSX.Element {
  const { of } = props;
  const target = of.target_pieces;
  return (
    <section class="panel" tabIndex={0} aria-label={t("performance.figures")}>
      <h2>{t("performance.figures")}</h2>
      <table>
        <tbody>
          <tr>
            <th scope="row">{t("performance.pieces")}</th>
            <td class="num">
              {number(of.sums["pq"] ?? null)}
              {target === null ? "" : ` ${t("performance.of_target", { target: number(target) })}`}
            </td>
          </tr>
          <tr>
            <th scope="row">{t("performance.good")}</th>
            <td class="num">{number(of.sums["gq"] ?? null)}</td>
          </tr>
          {[...RATIOS, ...SECONDS, "output_per_min"].map((name) => (
            <tr key={name}>
              <th scope="row">{tOr(`kpi.${name}`, name)}</th>
              <td class="num">{figure(name, of.kpis[name] ?? null)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const HEADS: readonly (readonly [string, Key])[] = [
  ["oee", "kpi.oee"],
  ["availability", "kpi.availability"],
  ["effectiveness", "kpi.effectiveness"],
  ["quality", "kpi.quality"],
];

export function Buckets(props: { readonly report: KpiReport }): JSX.Element {
  const { report } = props;
  const title = t("performance.buckets", { bucket: t(`performance.${report.bucket}`) });
  return (
    <section class="panel" tabIndex={0} aria-label={title} data-section="buckets">
      <h2>{title}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("performance.label")}</th>
            {HEADS.map(([name, key]) => (
              <th key={name} scope="col" class="num">
                {t(key)}
              </th>
            ))}
            <th scope="col" class="num">
              {t("performance.pieces")}
            </th>
            <th scope="col" class="num">
              {t("performance.good")}
            </th>
            <th scope="col" class="num">
              {t("performance.coverage")}
            </th>
          </tr>
        </thead>
        <tbody>
          {[...report.buckets].reverse().map((each) => (
            <tr key={each.start_ms}>
              <th scope="row">
                <a href={withQuery("at", String(each.start_ms))} title={t("intervals.show", { label: named(each) })}>
                  {named(each)}
                </a>
                {each.provisional ? <span class="sub">{t("performance.provisional")}</span> : null}
                {each.version > 1 ? <span class="sub">{t("performance.restated", { version: each.version })}</span> : null}
              </th>
              {HEADS.map(([name]) => (
                <td key={name} class="num">
                  {percent(each.kpis[name] ?? null)}
                </td>
              ))}
              <td class="num">{number(each.sums["pq"] ?? null)}</td>
              <td class="num">{number(each.sums["gq"] ?? null)}</td>
              <td class="num">{percent(each.coverage)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
