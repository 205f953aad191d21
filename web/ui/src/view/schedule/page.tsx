/** The scheduling board: a version on its machines, searching, moving, breakdowns, approval and publishing. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { board, schedules, type Board } from "../../data/rest/planning.ts";
import { go, query, withParts, withQuery } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { may } from "../live/who.ts";
import { age, number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Compared, Steps } from "./actions.tsx";
import { Gantt, type Place } from "./gantt.tsx";
import { MovePanel } from "./move.tsx";
import "../plan/plan.css";
import "./schedule.css";

const WINDOWS = [8, 24, 72, 168] as const;
const MIN_MS = 60_000;

function Facts(props: { readonly board: Board }): JSX.Element {
  const { schedule, late, bars, assumed } = props.board;
  const count = Object.keys(late).length;
  return (
    <>
      <dl class="facts">
        <div title={t("schedule.cost_hint")}>
          <dt>{t("schedule.cost")}</dt>
          <dd>{number(schedule.cost)}</dd>
        </div>
        <div>
          <dt>{t("schedule.late")}</dt>
          <dd>{count === 0 ? t("schedule.on_time") : Object.entries(late).slice(0, 6).map(([order, minutes]) => `${order} (${age(minutes * MIN_MS)})`).join(", ") + (count > 6 ? ` +${String(count - 6)}` : "")}</dd>
        </div>
      </dl>
      {props.board.unplanned.length > 0 ? <p>{t("schedule.unplanned", { count: props.board.unplanned.length })}</p> : null}
      {props.board.faults.length > 0 ? (
        <div role="alert">
          <p>{t("schedule.faults")}</p>
          <ul>
            {props.board.faults.slice(0, 8).map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      ) : null}
      {assumed > 0 ? <p class="quiet">{t("schedule.assumed", { count: assumed, all: bars.length })}</p> : null}
    </>
  );
}

function Table(props: { readonly board: Board }): JSX.Element {
  const clock = (minute: number): string => zone.value.format(minute * MIN_MS, "moment");
  const rows = [...props.board.bars].sort((a, b) => a.job.start_at_min - b.job.start_at_min);
  const sure = props.board.schedule.p_on_time;
  return (
    <details class="panel">
      <summary>{t("schedule.table")}</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("schedule.job")}</th>
            <th scope="col">{t("schedule.breakdown_machine")}</th>
            <th scope="col">{t("schedule.start")}</th>
            <th scope="col">{t("schedule.end")}</th>
            <th scope="col">{t("schedule.projected")}</th>
            <th scope="col">{t("schedule.lateness")}</th>
            <th scope="col" class="num">
              {t("schedule.p")}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((bar) => (
            <tr key={bar.job.id}>
              <th scope="row">{bar.job.id}</th>
              <td>{bar.job.machine}</td>
              <td>{clock(bar.job.start_at_min)}</td>
              <td>{clock(bar.job.end_at_min)}</td>
              <td>{clock(bar.projected_end_min)}</td>
              <td>{bar.late_min > 0 ? age(bar.late_min * MIN_MS) : ""}</td>
              <td class="num">{sure[bar.job.order] === undefined ? "" : `${number(100 * (sure[bar.job.order] ?? 0))} %`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

function Timeline(props: { readonly board: Board; readonly place: Place | null; readonly onPlace: (place: Place | null) => void }): JSX.Element {
  const { board: shown } = props;
  const hours = WINDOWS.find((each) => String(each) === query.value.get("hours")) ?? 24;
  const shift = Number(query.value.get("shift") ?? 0);
  const from = shown.now_min - Math.round(hours * 6) + shift * hours * 30;
  return (
    <>
      <div class="acts">
        <nav class="segments" aria-label={t("schedule.window")}>
          {WINDOWS.map((each) => (
            <a key={each} href={withQuery("hours", String(each))} aria-current={each === hours ? "true" : undefined}>
              {t(`schedule.window_${each}`)}
            </a>
          ))}
        </nav>
        <a class="button" href={withQuery("shift", String(shift - 1))}>
          {t("schedule.earlier")}
        </a>
        <a class="button" href={withQuery("shift", "")}>
          {t("schedule.today")}
        </a>
        <a class="button" href={withQuery("shift", String(shift + 1))}>
          {t("schedule.later")}
        </a>
        {may("schedule.propose") ? <span class="quiet">{t("schedule.keys")}</span> : null}
      </div>
      <Gantt
        board={shown}
        from={from}
        to={from + hours * 60}
        chosen={props.place?.job ?? ""}
        may={may("schedule.propose") && shown.schedule.state !== "superseded"}
        onMove={props.onPlace}
        onChoose={(bar) => {
          props.onPlace({ job: bar.job.id, machine: bar.job.machine, start_at_min: bar.job.start_at_min });
        }}
      />
    </>
  );
}

export function SchedulePage(_props: { rest: string }): JSX.Element {
  const asked = Number(query.value.get("version") ?? 0);
  const version = asked > 0 ? asked : null;
  const held = useResource(() => board(version), [version], 5_000);
  const versions = useResource(schedules, [], 5_000);
  const place = useMemo(() => signal<Place | null>(null), [version]);
  const state = held.state.value;
  const reload = async (): Promise<void> => {
    await Promise.all([held.load(), versions.load()]);
  };
  const none = state.status === "failed" && state.code === 404 && version === null;
  return (
    <div class="schedule planning">
      <div class="page-head">
        <h1>{t("schedule.title")}</h1>
        <label>
          {t("schedule.version")}{" "}
          <select
            value={version ?? ""}
            onChange={(event) => {
              go(withParts({ version: event.currentTarget.value === "" ? [] : [event.currentTarget.value] }));
            }}
          >
            <option value="">{t("schedule.published")}</option>
            {(versions.value ?? []).map((each) => (
              <option key={each.version} value={each.version}>
                {t("schedule.option", { version: each.version, state: tOr(`schedule.state.${each.state}`, each.state), cause: each.cause })}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Steps board={state.status === "ready" ? state.value : null} reload={reload} />
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {none ? <Empty title={t("schedule.none")} next={t("schedule.none_next")} /> : null}
      {state.status === "failed" && !none ? <Failed error={state.error} retry={() => void held.load()} /> : null}
      {state.status === "ready" ? (
        <>
          <section class="panel" data-version={state.value.schedule.version} data-state={state.value.schedule.state}>
            <Facts board={state.value} />
            {state.value.schedule.parent !== null && state.value.schedule.state !== "published" ? (
              <Compared old={state.value.schedule.parent} next={state.value.schedule.version} />
            ) : null}
          </section>
          <Timeline
            board={state.value}
            place={place.value}
            onPlace={(next) => {
              place.value = next;
            }}
          />
          {place.value === null ? null : (
            <MovePanel
              board={state.value}
              place={place.value}
              onPlace={(next) => {
                place.value = next;
              }}
            />
          )}
          <Table board={state.value} />
        </>
      ) : null}
    </div>
  );
}
