/** The hand-over of a shift and the report of a day, as they are sent: page, PDF and CSV. */

import type { JSX } from "preact";
import { report, reportFile, type Asked, type Report } from "../../data/rest/reports.ts";
import { go, query, withParts, withQuery } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { may } from "../live/who.ts";
import { age, number, percent } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { TargetTable } from "../performance/targets.tsx";
import "../plan/plan.css";

const clock = (ms: number): string => zone.value.format(ms, "moment");

function Machines(props: { readonly of: Report }): JSX.Element {
  const rows = [props.of.total, ...props.of.lines];
  return (
    <section class="panel" tabIndex={0} aria-label={t("reports.machines")} data-section="machines">
      <h2>{t("reports.machines")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("reports.machine")}</th>
            {(["oee", "availability", "effectiveness", "quality"] as const).map((each) => (
              <th key={each} scope="col" class="num">
                {t(`kpi.${each}`)}
              </th>
            ))}
            {(["pieces", "planned", "good"] as const).map((each) => (
              <th key={each} scope="col" class="num">
                {t(`reports.${each}`)}
              </th>
            ))}
            <th scope="col">{t("reports.lost")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((each, i) => {
            const [worst] = Object.entries(each.losses);
            return (
              <tr key={i === 0 ? "all" : each.unit}>
                <th scope="row">{i === 0 ? t("reports.all") : each.unit}</th>
                {(["oee", "availability", "effectiveness", "quality"] as const).map((name) => (
                  <td key={name} class="num">
                    {percent(each.kpis[name] ?? null)}
                  </td>
                ))}
                <td class="num">{number(each.pieces)}</td>
                <td class="num">{number(each.target_pieces)}</td>
                <td class="num">{number(each.good)}</td>
                <td>{worst === undefined ? "" : `${tOr(`loss.${worst[0]}`, worst[0])} ${age(worst[1] * 1_000)}`}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Rest(props: { readonly of: Report }): JSX.Element {
  const { of } = props;
  return (
    <>
      {of.targets.length === 0 ? null : (
        <section class="panel" tabIndex={0} aria-label={t("targets.title")}>
          <h2>{t("targets.title")}</h2>
          <TargetTable items={of.targets} />
        </section>
      )}
      <section class="panel" aria-label={t("reports.issues")}>
        <h2>{t("reports.issues")}</h2>
        {of.issues.length === 0 ? <p>{t("reports.no_issues")}</p> : null}
        <ul>
          {of.issues.map((each) => (
            <li key={each.number}>
              {each.severity} <a href={`/issues/${String(each.number)}`}>{each.title}</a>{" "}
              <span class="quiet">{`${each.asset}, ${each.state}${each.is_new ? `, ${t("reports.new")}` : ""}`}</span>
            </li>
          ))}
        </ul>
      </section>
      <section class="panel" aria-label={t("reports.quality")}>
        <h2>{t("reports.quality")}</h2>
        <p>{t("reports.checks", { due: of.checks_due, late: of.checks_late })}</p>
        <ul>
          {of.held.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      </section>
      <section class="panel" aria-label={t("reports.next")}>
        <h2>{t("reports.next")}</h2>
        {of.next_jobs.length === 0 ? <p>{t("reports.no_next")}</p> : null}
        <ul>
          {of.next_jobs.map((each) => (
            <li key={each.job}>{t("reports.job", { ...each, time: clock(each.start_ms) })}</li>
          ))}
        </ul>
      </section>
      {of.remarks.length === 0 ? null : (
        <section class="panel" aria-label={t("reports.remarks")}>
          <h2>{t("reports.remarks")}</h2>
          <ul>
            {of.remarks.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

export function ReportsPage(_props: { rest: string }): JSX.Element {
  const asked: Asked = {
    kind: query.value.get("kind") === "day" ? "day" : "shift",
    unit: query.value.get("unit") ?? "",
    day: query.value.get("day") ?? "",
    shift: query.value.get("shift") ?? "",
  };
  const held = useResource(() => report(asked), [asked.kind, asked.unit, asked.day, asked.shift], 60_000);
  const state = held.state.value;
  const none = state.status === "failed" && state.code === 404;
  return (
    <div class="planning reports">
      <div class="page-head">
        <h1>{t("reports.title")}</h1>
        <nav class="segments" aria-label={t("reports.kind")}>
          {(["shift", "day"] as const).map((each) => (
            <a key={each} href={withQuery("kind", each)} aria-current={each === asked.kind ? "true" : undefined}>
              {t(`reports.${each}`)}
            </a>
          ))}
        </nav>
        <label>
          {t("reports.of_day")}{" "}
          <input
            type="date"
            value={asked.day}
            onChange={(event) => {
              const day = event.currentTarget.value;
              go(withParts({ day: day === "" ? [] : [day], shift: [] }));
            }}
          />
        </label>
        {may("export")
          ? (["pdf", "csv"] as const).map((form) => (
              <a key={form} class="button" href={reportFile(asked, form)} download="">
                {t(`reports.${form}`)}
              </a>
            ))
          : null}
      </div>
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {none ? <Empty title={t("reports.none")} next={state.error.message} /> : null}
      {state.status === "failed" && !none ? <Failed error={state.error} retry={() => void held.load()} /> : null}
      {state.status === "ready" ? (
        <>
          <p data-report={state.value.label}>
            {t("reports.span", { label: state.value.label, from: clock(state.value.start_ms), to: clock(state.value.end_ms) })}{" "}
            {state.value.is_over ? "" : t("reports.not_over")}
          </p>
          <Machines of={state.value} />
          <Rest of={state.value} />
        </>
      ) : null}
    </div>
  );
}
