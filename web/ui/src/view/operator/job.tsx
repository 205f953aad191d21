/** One job at its station: state, pieces, what to do, and what keeps it from being begun. */

import type { JSX } from "preact";
import type { Check, StationJob, StopReason } from "../../data/rest/execution.ts";
import { t, tOr } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { age, number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { JobActs } from "./acts.tsx";

const MIN_MS = 60_000;

export const clock = (ms: number): string => zone.value.format(ms, "near");

/** The readiness strip: what must hold, each with its own sentence where it does not. */
export function Strip(props: { readonly job: string; readonly checks: readonly Check[] }): JSX.Element {
  return (
    <ul class="strip" aria-label={t("operator.strip", { job: props.job })}>
      {props.checks.map((each) => (
        <li key={each.aspect} data-aspect={each.aspect} data-ok={each.problem === ""}>
          <ConditionGlyph of={each.problem === "" ? "good" : "failed"} />
          <span>
            {tOr(`operator.aspect.${each.aspect}`, each.aspect)}
            {each.problem === "" ? null : <span class="sub">{each.problem}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Instructions(props: { readonly of: StationJob }): JSX.Element | null {
  const { operation, run } = props.of;
  const { crew, handover } = operation;
  const told = [
    crew === null ? "" : t("operator.crew", { heads: crew.heads, skill: crew.skill, level: crew.level }),
    operation.tool_class === "" ? "" : t("operator.tool", { tool: run.tool === "" ? operation.tool_class : run.tool }),
    run.lots.length === 0 ? "" : t("operator.lots", { lots: run.lots.join(", ") }),
    operation.checklist === "" ? "" : t("operator.checklist", { name: operation.checklist }),
    operation.transfer_lot === null ? "" : t("operator.transfer", { qty: operation.transfer_lot }),
    handover === null
      ? ""
      : t("operator.handover", { role: handover.accepted_by, what: handover.what === "" ? t("operator.the_pieces") : handover.what }),
    operation.wait_min === 0 ? "" : t("operator.rest", { minutes: operation.wait_min }),
  ].filter((each) => each !== "");
  if (told.length === 0) return null;
  return (
    <section aria-label={t("operator.instructions")}>
      <h3>{t("operator.instructions")}</h3>
      <ul class="station-told">
        {told.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </section>
  );
}

interface Props {
  readonly of: StationJob;
  readonly reasons: readonly StopReason[];
  readonly reload: () => Promise<void>;
  readonly busy?: boolean;
}

export function Current(props: Props): JSX.Element {
  const { of } = props;
  const { run } = of;
  const fact = (name: string, value: string): JSX.Element => (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
  return (
    <section class="panel station-now" aria-label={t("operator.now")} data-job={run.job} data-state={run.state}>
      <div class="station-head">
        <h2>{run.job}</h2>
        <span class="station-state">{tOr(`operator.state.${run.state}`, run.state)}</span>
      </div>
      <p>
        {run.product} · {t("operator.due", { time: clock(of.due_at_min * MIN_MS) })}
      </p>
      {run.doubt === "" ? null : <p role="alert">{t("operator.doubt", { why: `${run.doubt}.` })}</p>}
      {run.note === "" || run.doubt !== "" ? null : <p class="quiet">{run.note}</p>}
      <dl class="facts station-facts">
        {fact(t("operator.good"), number(run.good))}
        {fact(t("operator.reject"), number(run.reject))}
        {fact(t("operator.wanted"), number(run.qty))}
        {of.expected === null ? null : fact(t("operator.expected"), number(of.expected))}
        {of.left_s === null ? null : fact(t("operator.left"), age(1000 * of.left_s))}
      </dl>
      <progress value={Math.min(run.good, run.qty)} max={run.qty} aria-label={t("operator.pieces")} />
      <p class="quiet">{t(of.counted ? "operator.counted" : "operator.by_hand")}</p>
      <JobActs {...props} />
      {of.checks.some((each) => each.problem !== "") ? <Strip job={run.job} checks={of.checks} /> : null}
      <Instructions of={of} />
    </section>
  );
}

export function Coming(props: Props): JSX.Element {
  const { of } = props;
  const { run, planned } = of;
  const problems = of.checks.filter((each) => each.problem !== "");
  return (
    <li class="panel station-next" data-job={run.job} data-state={run.state}>
      <div class="station-head">
        <h3>{run.job}</h3>
        <span>{tOr(`operator.state.${run.state}`, run.state)}</span>
      </div>
      <p>
        {run.product} · {number(run.qty)} · {t("operator.planned", { from: clock(planned.start_at_min * MIN_MS), to: clock(planned.end_at_min * MIN_MS) })}
      </p>
      {run.note === "" ? null : <p class="quiet">{run.note}</p>}
      {run.state === "ended" ? null : problems.length === 0 ? (
        <p>
          <ConditionGlyph of="good" /> {t("operator.ready")}
        </p>
      ) : (
        <>
          <p>
            <ConditionGlyph of="failed" /> {t("operator.not_ready")}
          </p>
          <ul class="station-told">
            {problems.map((each) => (
              <li key={each.aspect} data-aspect={each.aspect}>
                {each.problem}
              </li>
            ))}
          </ul>
        </>
      )}
      <JobActs {...props} />
    </li>
  );
}
