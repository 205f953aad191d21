/** Jobs by machine over time: bars that can be dragged or moved by keys, closures, frozen zone, now, and where it goes. */

import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import type { Bar, Board } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { age } from "../parts/format.ts";

const STEP_MIN = 15;
const MIN_MS = 60_000;

export interface Place {
  readonly job: string;
  readonly machine: string;
  readonly start_at_min: number;
}

interface Props {
  readonly board: Board;
  readonly from: number;
  readonly to: number;
  readonly chosen: string;
  readonly may: boolean;
  readonly onMove: (place: Place) => void;
  readonly onChoose: (bar: Bar) => void;
}

interface Drag {
  readonly job: string;
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

function clockOf(minute: number): string {
  return zone.value.format(minute * MIN_MS, "near");
}

function label(bar: Bar): string {
  const told = {
    job: bar.job.id,
    product: bar.product,
    qty: bar.qty,
    from: clockOf(bar.job.start_at_min),
    to: clockOf(bar.job.end_at_min),
  };
  return bar.late_min > 0 ? t("schedule.bar_late", { ...told, late: age(bar.late_min * MIN_MS) }) : t("schedule.bar", told);
}

export function Gantt(props: Props): JSX.Element {
  const { board, from, to } = props;
  const drag = useMemo(() => signal<Drag | null>(null), []);
  const root = useRef<HTMLDivElement>(null);
  const left = (minute: number): string => `${String((100 * (minute - from)) / (to - from))}%`;
  const width = (begin: number, end: number): string => `${String((100 * (end - begin)) / (to - from))}%`;
  const ticks = zone.value.ticks(from * MIN_MS, to * MIN_MS, 8);
  const labels = zone.value.tickLabels(ticks);
  const machines = board.lanes.map((each) => each.machine);

  const drop = (bar: Bar, event: PointerEvent): void => {
    const held = drag.peek();
    drag.value = null;
    const lane = root.current?.querySelector<HTMLElement>(".gantt-lane");
    if (held === null || lane === null || lane === undefined) return;
    const minutes = (held.dx / lane.clientWidth) * (to - from);
    const moved = Math.round((bar.job.start_at_min + minutes) / STEP_MIN) * STEP_MIN;
    const under = document.elementsFromPoint(event.clientX, event.clientY).find((each) => each.classList.contains("gantt-lane"));
    const machine = under instanceof HTMLElement ? (under.dataset["machine"] ?? bar.job.machine) : bar.job.machine;
    if (Math.abs(held.dx) < 4 && machine === bar.job.machine) {
      props.onChoose(bar);
      return;
    }
    props.onMove({ job: bar.job.id, machine, start_at_min: moved });
  };

  const key = (bar: Bar, event: KeyboardEvent): void => {
    const place = { job: bar.job.id, machine: bar.job.machine, start_at_min: bar.job.start_at_min };
    const lane = machines.indexOf(bar.job.machine);
    const next = event.key === "ArrowDown" ? machines[lane + 1] : event.key === "ArrowUp" ? machines[lane - 1] : undefined;
    if (event.key === "ArrowLeft") props.onMove({ ...place, start_at_min: place.start_at_min - STEP_MIN });
    else if (event.key === "ArrowRight") props.onMove({ ...place, start_at_min: place.start_at_min + STEP_MIN });
    else if (next !== undefined) props.onMove({ ...place, machine: next });
    else if (event.key === "Enter" || event.key === " ") props.onChoose(bar);
    else return;
    event.preventDefault();
  };

  return (
    <div class="gantt" ref={root} role="group" aria-label={t("schedule.board")}>
      <div />
      <div class="gantt-axis" aria-hidden="true">
        {ticks.map((at, i) => (
          <span key={at} style={{ left: left(at / MIN_MS) }}>
            {labels[i]}
          </span>
        ))}
      </div>
      {board.lanes.map((lane) => (
        <>
          <div key={`${lane.machine} name`} class="gantt-name">
            {lane.machine}
            <span class="sub">{lane.work_centre}</span>
          </div>
          <div key={lane.machine} class="gantt-lane" data-machine={lane.machine}>
            {lane.closures.map(([begin, end]) => (
              <div key={begin} class="gantt-closed" title={t("schedule.closed")} style={{ left: left(begin), width: width(begin, end) }} />
            ))}
            <div
              class="gantt-frozen"
              title={t("schedule.frozen")}
              style={{ left: left(board.now_min), width: width(board.now_min, Math.max(board.now_min, board.schedule.frozen_until_min)) }}
            />
            {board.bars
              .filter((bar) => bar.job.machine === lane.machine && bar.projected_end_min > from && bar.job.start_at_min < to)
              .map((bar) => {
                const held = drag.value?.job === bar.job.id ? drag.value : null;
                const off = bar.projected_start_min !== bar.job.start_at_min || bar.projected_end_min !== bar.job.end_at_min;
                return (
                  <>
                    {off ? (
                      <div
                        key={`${bar.job.id} ghost`}
                        class="gantt-ghost"
                        title={t("schedule.projected")}
                        style={{ left: left(bar.projected_start_min), width: width(bar.projected_start_min, bar.projected_end_min) }}
                      />
                    ) : null}
                    <button
                      key={bar.job.id}
                      type="button"
                      data-job={bar.job.id}
                      data-state={bar.job.state}
                      class={[
                        "gantt-bar",
                        bar.late_min > 0 ? "late" : "",
                        bar.pinned ? "pinned" : "",
                        bar.job.id === props.chosen ? "chosen" : "",
                        held === null ? "" : "dragging",
                      ].join(" ")}
                      style={{
                        left: left(bar.job.start_at_min),
                        width: width(bar.job.start_at_min, bar.job.end_at_min),
                        ...(held === null ? {} : { transform: `translate(${String(held.dx)}px, ${String(held.dy)}px)` }),
                      }}
                      title={label(bar)}
                      aria-label={label(bar)}
                      onKeyDown={(event) => {
                        if (props.may) key(bar, event);
                      }}
                      onPointerDown={(event) => {
                        if (!props.may || event.button !== 0) return;
                        event.currentTarget.setPointerCapture(event.pointerId);
                        drag.value = { job: bar.job.id, x: event.clientX, y: event.clientY, dx: 0, dy: 0 };
                      }}
                      onPointerMove={(event) => {
                        const now = drag.peek();
                        if (now?.job === bar.job.id) drag.value = { ...now, dx: event.clientX - now.x, dy: event.clientY - now.y };
                      }}
                      onPointerUp={(event) => {
                        if (props.may) drop(bar, event);
                        else props.onChoose(bar);
                      }}
                      onPointerCancel={() => {
                        drag.value = null;
                      }}
                    >
                      {bar.job.id}
                    </button>
                  </>
                );
              })}
            <div class="gantt-now" title={t("schedule.now")} style={{ left: left(board.now_min) }} />
          </div>
        </>
      ))}
    </div>
  );
}
