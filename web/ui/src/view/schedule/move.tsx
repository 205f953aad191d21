/** One job put elsewhere: judged by the gateway at once, then applied as a proposal or discarded. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { move, tryMove, type Board, type Drag } from "../../data/rest/planning.ts";
import { go, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { readiness } from "../../data/rest/execution.ts";
import { Strip } from "../operator/job.tsx";
import { stationAt } from "../operator/page.tsx";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { act, Said, useTold } from "../parts/act.tsx";
import { number } from "../parts/format.ts";
import type { Place } from "./gantt.tsx";
import "../operator/operator.css";

const MIN_MS = 60_000;

/** What must hold before the job is dispatched, and the way to its station. */
function Ready(props: { readonly board: Board; readonly job: string }): JSX.Element | null {
  const bar = props.board.bars.find((each) => each.job.id === props.job);
  const published = props.board.schedule.state === "published";
  const found = useResource(
    async () => (bar === undefined || !published ? null : readiness(bar.job.order, bar.job.op)),
    [props.job, published],
    10_000,
  ).value;
  if (bar === undefined || !published || !may("job.read")) return null;
  return (
    <>
      {found === null ? null : <Strip job={props.job} checks={found.checks} />}
      <a class="button" href={stationAt(bar.job.machine)}>
        {t("operator.station", { machine: bar.job.machine })}
      </a>
    </>
  );
}

/** The dialog beside the board; every way of moving (drag, keys, this form) ends in it. */
export function MovePanel(props: {
  readonly board: Board;
  readonly place: Place;
  readonly onPlace: (place: Place | null) => void;
}): JSX.Element {
  const { board, place } = props;
  const told = useTold();
  const judged = useMemo(() => signal<Drag | null>(null), []);
  const version = board.schedule.version;
  useEffect(() => {
    let current = true;
    judged.value = null;
    void act(told, async () => {
      const found = await tryMove(version, place);
      if (current) judged.value = found;
      return "";
    });
    return () => {
      current = false;
    };
  }, [version, place.job, place.machine, place.start_at_min]);
  const found = judged.value;
  const local = zone.value.local(place.start_at_min * MIN_MS).slice(0, 16);
  return (
    <section class="panel" aria-label={t("schedule.move", { job: place.job })} data-section="move">
      <h2>{t("schedule.move", { job: place.job })}</h2>
      <div class="ask">
        <label>
          {t("schedule.move_to")}
          <select
            value={place.machine}
            onChange={(event) => {
              props.onPlace({ ...place, machine: event.currentTarget.value });
            }}
          >
            {board.lanes.map((lane) => (
              <option key={lane.machine} value={lane.machine}>
                {lane.machine}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("schedule.move_at")}
          <input
            type="datetime-local"
            step="60"
            value={local}
            onChange={(event) => {
              const at = zone.value.moment(event.currentTarget.value);
              if (!Number.isNaN(at)) props.onPlace({ ...place, start_at_min: Math.round(at / MIN_MS) });
            }}
          />
        </label>
        <button
          type="button"
          class="button"
          disabled={told.busy.value || found === null || found.faults.length > 0}
          onClick={() => {
            void act(told, async () => {
              const made = await move(version, place);
              props.onPlace(null);
              go(withParts({ version: [String(made.version)] }));
              return t("schedule.moved", { version: made.version });
            });
          }}
        >
          {t("schedule.apply")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            props.onPlace(null);
          }}
        >
          {t("schedule.discard")}
        </button>
      </div>
      <div role="status">
        {told.busy.value ? <p>{t("schedule.judging")}</p> : null}
        {found !== null && found.faults.length === 0 ? (
          <p>{t("schedule.fits", { before: number(found.cost_before), after: number(found.cost_after) })}</p>
        ) : null}
        {found !== null && found.faults.length > 0 ? (
          <>
            <p>{t("schedule.breaks", { count: found.faults.length })}</p>
            <ul>
              {found.faults.slice(0, 8).map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </>
        ) : null}
      </div>
      <Said told={told} />
      <Ready board={board} job={place.job} />
    </section>
  );
}
