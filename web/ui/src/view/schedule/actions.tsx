/** What can be done with a schedule: search with progress, approve, publish, tell of a machine that is down. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import {
  breakdown,
  cancelSearch,
  scheduleDiff,
  scheduleStep,
  searchJob,
  searchSchedule,
  type Board,
  type SearchJob,
} from "../../data/rest/planning.ts";
import { go, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, act, Said, useTold } from "../parts/act.tsx";
import { number } from "../parts/format.ts";

const POLL_MS = 300;

function show(version: number | null): void {
  go(withParts({ version: version === null ? [] : [String(version)], shift: [] }));
}

export function Steps(props: { readonly board: Board | null; readonly reload: () => Promise<void> }): JSX.Element {
  const told = useTold();
  const running = useMemo(() => signal<SearchJob | null>(null), []);
  const schedule = props.board?.schedule ?? null;
  const search = (cause: string) => async (): Promise<string> => {
    let job = await searchSchedule(cause);
    running.value = job;
    try {
      while (job.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        job = await searchJob(job.id);
        running.value = job;
      }
    } finally {
      running.value = null;
    }
    if (job.state !== "done") return job.error === "" ? job.state : t("plan.failed", { error: job.error });
    await props.reload();
    show(job.version);
    return t("schedule.moved", { version: job.version ?? 0 });
  };
  const step = (name: "approve" | "publish") => async (): Promise<string> => {
    if (schedule === null) return "";
    await scheduleStep(schedule.version, name);
    await props.reload();
    if (name === "publish") show(null);
    return t("plan.done");
  };
  const job = running.value;
  return (
    <div class="acts">
      {may("schedule.propose") ? <Act told={told} label={t("schedule.search")} work={search("manual")} /> : null}
      {job === null ? null : (
        <>
          <progress value={job.share} max={1} aria-label={t("schedule.search")} />
          <span role="status">
            {t("schedule.searching", { phase: job.phase, percent: number(100 * job.share), cost: number(job.cost) })}
          </span>
          <button
            type="button"
            class="button"
            onClick={() => {
              void cancelSearch(job.id);
            }}
          >
            {t("schedule.cancel")}
          </button>
        </>
      )}
      {schedule?.state === "proposed" && may("schedule.approve") ? <Act told={told} label={t("schedule.approve")} work={step("approve")} /> : null}
      {(schedule?.state === "approved" || schedule?.state === "proposed") && may("schedule.approve") ? (
        <Act told={told} label={t("schedule.publish")} work={step("publish")} />
      ) : null}
      {props.board !== null && schedule?.state === "published" && may("schedule.propose") ? (
        <Down board={props.board} reload={props.reload} />
      ) : null}
      <Said told={told} />
    </div>
  );
}

function Down(props: { readonly board: Board; readonly reload: () => Promise<void> }): JSX.Element {
  const told = useTold();
  return (
    <details>
      <summary class="button">{t("schedule.breakdown")}</summary>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          const values = new FormData(event.currentTarget);
          void act(told, async () => {
            const made = await breakdown(String(values.get("machine")), Number(values.get("minutes")));
            await props.reload();
            show(made.version);
            return t("schedule.moved", { version: made.version });
          });
        }}
      >
        <label>
          {t("schedule.breakdown_machine")}
          <select name="machine">
            {props.board.lanes.map((lane) => (
              <option key={lane.machine} value={lane.machine}>
                {lane.machine}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("schedule.breakdown_minutes")}
          <input name="minutes" type="number" min="1" max="43200" defaultValue="240" required inputMode="numeric" />
        </label>
        <button type="submit" class="button" disabled={told.busy.value}>
          {t("schedule.breakdown_send")}
        </button>
        <Said told={told} />
      </form>
    </details>
  );
}

/** What a proposal changes of the published version. */
export function Compared(props: { readonly old: number; readonly next: number }): JSX.Element | null {
  const diff = useResource(() => scheduleDiff(props.old, props.next), [props.old, props.next]).value;
  if (diff === null) return null;
  const names = (list: readonly string[]): string => (list.length === 0 ? t("schedule.nobody") : list.join(", "));
  return (
    <p>
      {t("schedule.compare", {
        moves: diff.moves.length,
        machines: diff.machine_changes.length,
        late: names(diff.newly_late),
        early: names(diff.newly_on_time),
      })}{" "}
      {diff.may_publish_alone ? t("schedule.alone") : ""}
    </p>
  );
}
