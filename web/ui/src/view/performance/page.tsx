/** The performance dashboard: OEE with what it is made of, over time, with losses, down to the states behind it. */

import type { JSX } from "preact";
import { kpis, units, type KpiBucket, type KpiReport } from "../../data/rest/kpis.ts";
import { go, machineUrl, query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock } from "../live/session.ts";
import { number, percent } from "../parts/format.ts";
import { save } from "../parts/save.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Intervals } from "./intervals.tsx";
import { Buckets, Chart, Figures, Losses } from "./parts.tsx";
import { Targets } from "./targets.tsx";
import "./performance.css";

const DAYS = [1, 7, 30] as const;
const BUCKETS: readonly KpiBucket[] = ["hour", "shift", "day"];
const DAY_MS = 86_400_000;

function csv(report: KpiReport): string {
  const names = Object.keys(report.total.kpis);
  const sums = Object.keys(report.total.sums);
  const losses = Object.keys(report.total.losses);
  const head = ["when", "from", "to", ...names, ...sums, ...losses.map((each) => `loss_${each}_s`), "provisional", "version"];
  const rows = [...report.buckets, report.total].map((each) => [
    each.label,
    new Date(each.start_ms).toISOString(),
    new Date(each.end_ms).toISOString(),
    ...names.map((name) => each.kpis[name] ?? ""),
    ...sums.map((name) => each.sums[name] ?? ""),
    ...losses.map((name) => each.losses[name] ?? ""),
    each.provisional,
    each.version,
  ]);
  const cell = (value: unknown): string => {
    const text = String(value);
    // What a spreadsheet would run as a formula is made harmless; numbers stay numbers.
    const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

function Choices(props: { readonly unit: string; readonly bucket: KpiBucket; readonly days: number; readonly report: KpiReport | null }): JSX.Element {
  const all = useResource(units, [], 60_000).value ?? [];
  const { report } = props;
  return (
    <>
      <select
        aria-label={t("performance.unit")}
        value={props.unit}
        onChange={(event) => {
          const unit = event.currentTarget.value;
          go(withParts({ unit: unit === "" ? [] : [unit] }), "replace");
        }}
      >
        <option value="">{t("performance.whole")}</option>
        {(props.unit === "" || all.includes(props.unit) ? all : [props.unit, ...all]).map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
      <nav class="segments" aria-label={t("performance.range")}>
        {DAYS.map((each) => (
          <a key={each} href={withQuery("days", String(each))} aria-current={each === props.days ? "true" : undefined}>
            {t(`performance.days_${each}`)}
          </a>
        ))}
      </nav>
      <nav class="segments" aria-label={t("performance.bucket")}>
        {BUCKETS.map((each) => (
          <a key={each} href={withQuery("bucket", each)} aria-current={each === props.bucket ? "true" : undefined}>
            {t(`performance.${each}`)}
          </a>
        ))}
      </nav>
      <button
        type="button"
        class="button"
        disabled={report === null}
        onClick={() => {
          if (report !== null) save(new Blob([csv(report)], { type: "text/csv;charset=utf-8" }), `performance-${props.unit || "plant"}.csv`);
        }}
      >
        {t("performance.csv")}
      </button>
    </>
  );
}

function Tree(props: { readonly report: KpiReport }): JSX.Element {
  const { total } = props.report;
  return (
    <dl class="kpi-tree">
      {(["oee", "availability", "effectiveness", "quality"] as const).map((name) => (
        <div key={name} class="kpi" data-kpi={name}>
          <dt>{t(`kpi.${name}`)}</dt>
          <dd>{percent(total.kpis[name] ?? null)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Report(props: { readonly report: KpiReport; readonly unit: string }): JSX.Element {
  const { report } = props;
  const { total } = report;
  const minor = report.minor_stop_s.length === 0 ? "0" : report.minor_stop_s.map((each) => number(each)).join(", ");
  return (
    <>
      <Tree report={report} />
      <p class="quiet">
        {t(`performance.minor.${report.minor_stops}`, { s: minor })}
        {total.coverage === null ? "" : ` ${t("performance.coverage")} ${percent(total.coverage)}.`}{" "}
        {report.machines.length === 1 ? <a href={machineUrl(report.machines[0] ?? "")}>{t("performance.intervals")}</a> : null}
      </p>
      <Chart report={report} />
      <div class="two">
        <Losses of={total} />
        <Figures of={total} />
      </div>
      {total.remarks.length === 0 ? null : (
        <section class="panel" aria-label={t("performance.remarks")}>
          <h2>{t("performance.remarks")}</h2>
          <ul>
            {total.remarks.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </section>
      )}
      <Buckets report={report} />
      <Behind report={report} />
    </>
  );
}

/** The states behind the bucket that was chosen, where one machine is shown. */
function Behind(props: { readonly report: KpiReport }): JSX.Element | null {
  const asked = Number(query.value.get("at") ?? 0);
  const chosen = props.report.buckets.find((each) => each.start_ms === asked);
  const machine = props.report.machines[0] ?? "";
  if (chosen === undefined) return null;
  return props.report.machines.length === 1 ? (
    <Intervals key={`${machine}${String(chosen.start_ms)}`} machine={machine} of={chosen} />
  ) : (
    <section class="panel">
      <p>{t("intervals.machine_only")}</p>
      <ul>
        {props.report.machines.map((each) => (
          <li key={each}>
            <a href={withParts({ unit: [each] })}>{each}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function PerformancePage(_props: { rest: string }): JSX.Element {
  const unit = query.value.get("unit") ?? "";
  const days = DAYS.find((each) => String(each) === query.value.get("days")) ?? 1;
  const bucket = BUCKETS.find((each) => each === query.value.get("bucket")) ?? (days === 1 ? "hour" : "day");
  const resource = useResource(
    () => {
      const now = serverClock.now();
      const to = Number.isNaN(now) ? Date.now() : now;
      return kpis(unit, to - days * DAY_MS, to, bucket);
    },
    [unit, days, bucket],
    30_000,
  );
  const state = resource.state.value;
  const none = state.status === "failed" && state.code === 404;
  return (
    <div class="performance">
      <div class="page-head">
        <h1>{t("performance.title")}</h1>
        <Choices unit={unit} bucket={bucket} days={days} report={resource.value} />
      </div>
      <Targets />
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {none ? <Empty title={t("performance.none")} next={t("performance.none_next")} /> : null}
      {state.status === "failed" && !none ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? <Report report={state.value} unit={unit} /> : null}
    </div>
  );
}
