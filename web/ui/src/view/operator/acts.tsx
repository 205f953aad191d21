/** What a person does with a job: large buttons, and the few words that some of them take. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { acceptJob, commandJob, type Act, type StationJob, type StopReason } from "../../data/rest/execution.ts";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { may } from "../live/who.ts";
import { act as carryOut, Said, useTold, type Told } from "../parts/act.tsx";

const ASKS: ReadonlySet<Act> = new Set(["pause", "abort", "finish", "count", "settle"]);
const FOUND = ["ready", "ended", "aborted"] as const;

interface Props {
  readonly of: StationJob;
  readonly reasons: readonly StopReason[];
  readonly reload: () => Promise<void>;
  /** Another job is at this machine: a person begins one after the other. */
  readonly busy?: boolean;
}

/** Whether an act takes words or numbers; what a machine counts, nobody enters. */
function asks(act: Act, of: StationJob): boolean {
  if (act === "finish" || act === "count") return !of.counted && of.run.way === "person";
  return ASKS.has(act);
}

function Ask(props: Props & { readonly act: Act; readonly asked: Signal<Act | null>; readonly told: Told }): JSX.Element {
  const { act, of, asked, told } = props;
  const { run } = of;
  return (
    <form
      class="station-ask"
      aria-label={t("operator.act_on", { act: t(`operator.act.${act}`), job: run.job })}
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const text = (name: string): string => String(values.get(name) ?? "");
        void carryOut(told, async () => {
          await commandJob(run, {
            act,
            version: run.version,
            good: Number(text("good")),
            reject: Number(text("reject")),
            code: text("code"),
            reason: text("reason"),
            ...(act === "settle" ? { state: text("state") } : {}),
          });
          asked.value = null;
          await props.reload();
          return t("operator.done");
        });
      }}
    >
      {act === "settle" ? (
        <label>
          {t("operator.found")}
          <select name="state">
            {FOUND.map((each) => (
              <option key={each} value={each}>
                {t(`operator.found.${each}`)}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {act === "pause" ? (
        <label>
          {t("operator.reason")}
          <select name="code" required>
            {props.reasons.map((each) => (
              <option key={each.code} value={each.code}>
                {each.words}
              </option>
            ))}
          </select>
        </label>
      ) : null}
      {(act === "finish" || act === "count" || act === "settle") && !of.counted ? (
        <>
          <label>
            {t("operator.good")}
            <input name="good" type="number" min="0" step="1" inputMode="numeric" defaultValue="0" />
          </label>
          <label>
            {t("operator.reject")}
            <input name="reject" type="number" min="0" step="1" inputMode="numeric" defaultValue="0" />
          </label>
        </>
      ) : null}
      {act === "finish" || act === "count" ? null : (
        <label>
          {act === "pause" ? t("operator.note") : t("operator.reason")}
          <input name="reason" maxLength={300} required={act !== "pause"} />
        </label>
      )}
      <button type="submit" class="button station-main" disabled={told.busy.value || phase.value !== "live"}>
        {t(`operator.act.${act}`)}
      </button>
      <button
        type="button"
        class="button"
        onClick={() => {
          asked.value = null;
        }}
      >
        {t("operator.cancel")}
      </button>
    </form>
  );
}

export function JobActs(props: Props): JSX.Element {
  const { of } = props;
  const told = useTold();
  const asked = useMemo(() => signal<Act | null>(null), [of.run.job]);
  const problems = of.checks.filter((each) => each.problem !== "");
  const mine = of.commands.filter((each) => (each === "accept" ? may("job.hold") : may("job.approve")));
  const once = (act: Act) => (): void => {
    if (asks(act, of)) {
      asked.value = act;
      return;
    }
    void carryOut(told, async () => {
      await (act === "accept" ? acceptJob(of.run) : commandJob(of.run, { act, version: of.run.version }));
      await props.reload();
      return t("operator.done");
    });
  };
  const begins = (act: Act): boolean => act === "start" || act === "dispatch";
  return (
    <div class="station-acts">
      {asked.value === null ? (
        mine
          .filter((each) => each !== "dispatch" || of.run.way === "job control")
          .map((each) => (
            <button
              key={each}
              type="button"
              class={each === "abort" || each === "recall" ? "button" : "button station-main"}
              data-act={each}
              aria-label={t("operator.act_on", { act: t(`operator.act.${each}`), job: of.run.job })}
              disabled={told.busy.value || phase.value !== "live" || (begins(each) && (problems.length > 0 || props.busy === true))}
              onClick={once(each)}
            >
              {t(`operator.act.${each}`)}
            </button>
          ))
      ) : (
        <Ask {...props} act={asked.value} asked={asked} told={told} />
      )}
      <Said told={told} />
    </div>
  );
}
