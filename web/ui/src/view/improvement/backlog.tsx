/** The backlog by loss over effort, what each trial did with its interval and guards, and the losses nobody works on. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { addImprovement, foundLosses, improvements, judgeImprovement, moveImprovement, type Effect, type Improvement, type LossFound } from "../../data/rest/improvement.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { Ask, AskWhy } from "../parts/ask.tsx";
import { number, plain } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

const WIDTH = 300;
/** A KPI or loss as people call it; what it is called in the records where it has no such name. */
const named = (kpi: string): string => tOr(kpi.startsWith("loss.") ? kpi : `kpi.${kpi}`, kpi);
const short = (value: number): string => plain(Number(value.toPrecision(3)));

/** The interval of a difference on a line with 0 in it. */
function Drawn(props: { readonly of: Effect }): JSX.Element {
  const { low, high, difference } = props.of;
  const least = Math.min(0, low);
  const span = Math.max(0, high) - least || 1;
  const x = (value: number): number => 10 + ((value - least) / span) * (WIDTH - 20);
  return (
    <svg class="effect" viewBox={`0 0 ${String(WIDTH)} 24`} aria-hidden="true">
      <line class="zero" x1={x(0)} x2={x(0)} y1="2" y2="22" />
      <line x1={x(low)} x2={x(high)} y1="12" y2="12" />
      <circle cx={x(difference)} cy="12" r="4" />
    </svg>
  );
}

function Measured(props: { readonly of: Effect }): JSX.Element {
  const { of } = props;
  const verdict = of.better ? "better" : of.worse ? "worse" : "unsure";
  return (
    <div data-effect={of.metric.kpi} data-verdict={verdict}>
      <p>
        {t("improvement.effect", {
          kpi: named(of.metric.kpi), before: short(of.before), after: short(of.after), difference: short(of.difference),
          low: short(of.low), high: short(of.high), n1: of.hours_before, n2: of.hours_after,
        })}{" "}
        <strong>{t(`improvement.${verdict}`)}</strong>
      </p>
      <Drawn of={of} />
    </div>
  );
}

function Card(props: { readonly of: Improvement; readonly reload: () => Promise<void> }): JSX.Element {
  const { of } = props;
  const told = useTold();
  const step = (work: () => Promise<Improvement>) => async (): Promise<string> => {
    await work();
    await props.reload();
    return t("improvement.saved");
  };
  const to = (state: string) => step(() => moveImprovement(of.id, state, of.version));
  const acts = may("issue.approve");
  return (
    <article class="panel" data-improvement={of.id} data-state={of.state}>
      <h2>
        {of.title} <span class="quiet">{`${t(`improvement.state.${of.state}`)}, ${t("improvement.owned", { owner: of.owner })}`}</span>
      </h2>
      <p>{of.hypothesis}</p>
      <p class="quiet">
        {of.score === null || of.loss_h_per_week === null
          ? t("improvement.no_loss", { days: short(of.effort_days) })
          : t("improvement.score", { hours: short(of.loss_h_per_week), days: short(of.effort_days), score: short(of.score) })}
        . {t("improvement.metric", { kpi: named(of.metric.kpi), unit: of.metric.unit, aim: t(`improvement.aim.${of.metric.aim}`) })}.{" "}
        {of.guards.length === 0 ? "" : t("improvement.guard", { list: of.guards.map((each) => named(each.kpi)).join(", ") })}
      </p>
      {of.effect === null ? null : <Measured of={of.effect} />}
      {of.guarded.map((each) => (
        <Measured key={each.metric.kpi} of={each} />
      ))}
      {of.state === "rejected" ? <p>{t("improvement.rejected", { reason: of.reason })}</p> : null}
      {of.state === "adopted" ? <p>{t("improvement.adopted", { by: of.approver })}</p> : null}
      <div class="acts">
        {acts && of.state === "idea" ? <Act told={told} label={t("improvement.select")} work={to("selected")} /> : null}
        {acts && of.state === "selected" ? <Act told={told} label={t("improvement.trial")} work={to("trial")} /> : null}
        {acts && (of.state === "trial" || of.state === "measured") ? <Act told={told} label={t("improvement.measure")} work={to("measured")} /> : null}
        {may("verify.approve") && of.state === "measured" ? (
          <Act told={told} label={t("improvement.adopt")} work={step(() => judgeImprovement(of.id, true, of.version))} />
        ) : null}
      </div>
      {acts && of.state !== "adopted" && of.state !== "rejected" ? (
        <AskWhy
          told={told}
          label={t("improvement.reject")}
          reason={t("improvement.reason")}
          work={(why) => step(() => moveImprovement(of.id, "rejected", of.version, why))()}
        />
      ) : null}
      <Said told={told} />
    </article>
  );
}

const FIELDS = [
  ["id", "improvement.id"], ["title", "improvement.what"], ["hypothesis", "improvement.hypothesis"], ["owner", "improvement.owner"],
  ["effort", "improvement.effort"], ["kpi", "improvement.kpi"], ["unit", "improvement.unit"], ["loss", "improvement.loss_hours"],
] as const;

function Add(props: { readonly from: LossFound | null; readonly reload: () => Promise<void> }): JSX.Element {
  const told = useTold();
  const { from } = props;
  const given: Record<string, string> =
    from === null ? {} : { kpi: from.kpi, unit: from.unit, loss: short(from.hours_per_week), title: `${tOr(`loss.${from.title}`, from.title)}: ${from.unit}` };
  return (
    <details class="panel" open={from !== null} key={from === null ? "" : `${from.unit}${from.title}`}>
      <summary class="button">{t("improvement.add")}</summary>
      <Ask
        told={told}
        button={t("improvement.add")}
        work={async (answer) => {
          const guard = answer("guard");
          await addImprovement({
            id: answer("id"),
            title: answer("title"),
            hypothesis: answer("hypothesis"),
            owner: answer("owner"),
            effort_days: Number(answer("effort")),
            metric: { kpi: answer("kpi"), unit: answer("unit"), aim: answer("aim") },
            guards: guard === "" ? [] : [{ kpi: guard, unit: answer("unit"), aim: guard === "scrap_ratio" || guard.startsWith("loss.") ? "down" : "up" }],
            loss_h_per_week: answer("loss") === "" ? null : Number(answer("loss")),
          });
          await props.reload();
          return t("improvement.saved");
        }}
      >
        {FIELDS.map(([name, label]) => (
          <label key={name}>
            {t(label)}
            <input name={name} defaultValue={given[name] ?? ""} required={name !== "loss"} maxLength={300} autocomplete="off" inputMode={name === "effort" || name === "loss" ? "decimal" : "text"} />
          </label>
        ))}
        <label>
          {t("improvement.aim")}
          <select name="aim" defaultValue="down">
            <option value="down">{t("improvement.aim.down")}</option>
            <option value="up">{t("improvement.aim.up")}</option>
          </select>
        </label>
        <label>
          {t("improvement.guard_kpi")}
          <input name="guard" maxLength={100} autocomplete="off" />
        </label>
      </Ask>
      <Said told={told} />
    </details>
  );
}

function Losses(props: { readonly take: (loss: LossFound) => void }): JSX.Element {
  const held = useResource(foundLosses, [], 60_000);
  const state = held.state.value;
  const found = held.value ?? [];
  return (
    <section class="panel" tabIndex={0} aria-label={t("improvement.losses")} data-section="losses">
      <h2>{t("improvement.losses")}</h2>
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void held.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? <p>{t("improvement.no_losses")}</p> : null}
      {found.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("improvement.loss")}</th>
              <th scope="col">{t("improvement.where")}</th>
              <th scope="col" class="num">
                {t("improvement.hours")}
              </th>
              <th scope="col">{t("improvement.source")}</th>
            </tr>
          </thead>
          <tbody>
            {found.map((each) => {
              const name = tOr(`loss.${each.title}`, each.title);
              return (
                <tr key={`${each.unit}${each.title}${each.source}`}>
                  <th scope="row">{name}</th>
                  <td>{each.unit}</td>
                  <td class="num">{number(each.hours_per_week, 1)}</td>
                  <td>
                    {each.source === "books" ? t("improvement.books") : each.source}{" "}
                    {may("issue.propose") ? (
                      <button type="button" class="button" onClick={() => { props.take(each); }}>
                        {t("improvement.take", { loss: name, unit: each.unit })}
                      </button>
                    ) : null}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function BacklogPart(): JSX.Element {
  const held = useResource(improvements, [], 15_000);
  const taken = useMemo(() => signal<LossFound | null>(null), []);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  return (
    <>
      {state.value.length === 0 ? <Empty title={t("improvement.none")} next={t("improvement.none_next")} /> : null}
      <div class="panels">
        {state.value.map((each) => (
          <Card key={each.id} of={each} reload={() => held.load()} />
        ))}
      </div>
      {may("issue.propose") ? <Add from={taken.value} reload={() => held.load()} /> : null}
      <Losses
        take={(loss) => {
          taken.value = loss;
        }}
      />
    </>
  );
}
