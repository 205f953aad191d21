/** The floor board: every machine with its job, pieces against what is expected, what is left, and what comes next. */

import type { JSX } from "preact";
import { stations, type Station, type StationJob } from "../../data/rest/execution.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { age, number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import "../plan/plan.css";
import "./operator.css";

export function stationAt(machine: string): string {
  return `/operator/${encodeURIComponent(machine)}`;
}

function Pieces(props: { readonly of: StationJob }): JSX.Element {
  const { run, expected } = props.of;
  return (
    <>
      {number(run.good)} / {number(run.qty)}
      {expected === null ? null : <span class="sub">{`${t("operator.expected")}: ${number(expected)}`}</span>}
    </>
  );
}

function Row(props: { readonly of: Station }): JSX.Element {
  const { of } = props;
  const job = of.current;
  const next = of.next.find((each) => each.run.state !== "ended");
  return (
    <tr data-station={of.machine}>
      <th scope="row">
        <a href={stationAt(of.machine)}>{of.machine}</a>
        <span class="sub">{of.work_centre}</span>
      </th>
      <td>{job === null ? "" : job.run.job}</td>
      <td>
        {job === null ? t("operator.idle") : tOr(`operator.state.${job.run.state}`, job.run.state)}
        {of.hold === null ? null : <span class="sub">{t("operator.held", { why: of.hold.why, by: of.hold.by })}</span>}
        {of.calls.map((call) => (
          <span key={call.kind} class="sub">
            {t("operator.call")}: {t(`operator.call.${call.kind}`)}
          </span>
        ))}
      </td>
      <td class="num">{job === null ? "" : <Pieces of={job} />}</td>
      <td class="num">{job === null || job.left_s === null ? "" : age(1000 * job.left_s)}</td>
      <td>{next === undefined ? "" : next.run.job}</td>
    </tr>
  );
}

export function StationsPage(_props: { rest: string }): JSX.Element {
  const held = useResource(stations, [], 5_000);
  const state = held.state.value;
  return (
    <div class="planning">
      <div class="page-head">
        <h1>{t("operator.title")}</h1>
      </div>
      {state.status === "loading" ? <Loading rows={6} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void held.load()} /> : null}
      {state.status === "ready" && state.value.length === 0 ? <Empty title={t("operator.none")} next={t("operator.none_next")} /> : null}
      {state.status === "ready" && state.value.length > 0 ? (
        <section class="panel" data-section="stations">
          <div class="station-table">
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("operator.machine")}</th>
                  <th scope="col">{t("operator.job")}</th>
                  <th scope="col">{t("operator.state")}</th>
                  <th scope="col" class="num">
                    {t("operator.pieces")}
                  </th>
                  <th scope="col" class="num">
                    {t("operator.left")}
                  </th>
                  <th scope="col">{t("operator.next")}</th>
                </tr>
              </thead>
              <tbody>
                {state.value.map((each) => (
                  <Row key={each.machine} of={each} />
                ))}
              </tbody>
            </table>
          </div>
        </section>
      ) : null}
    </div>
  );
}
