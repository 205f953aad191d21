/** A plan against capacity: load of every resource week by week, gaps with remedies, decisions, approval. */

import type { JSX } from "preact";
import { decide, draftPlan, plans, planStep, releasePlan, type Gap, type Plan } from "../../data/rest/planning.ts";
import { query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, act, Said, useTold, type Told } from "../parts/act.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

function Load(props: { readonly load: number; readonly available: number }): JSX.Element {
  const { load, available } = props;
  const share = available > 0 ? load / available : load > 0 ? Infinity : 0;
  const over = share > 1 + 1e-9;
  return (
    <td class={over ? "load-cell load-over" : "load-cell"}>
      <span class="load-text">
        {Number.isFinite(share)
          ? t("plan.cell", { load: number(load), available: number(available), percent: number(100 * share) })
          : t("plan.cell", { load: number(load), available: number(0), percent: "∞" })}
      </span>
      <span class="load-bar" aria-hidden="true">
        <i style={{ width: `${String(Math.min(100, Number.isFinite(share) ? 100 * share : 100))}%` }} />
      </span>
    </td>
  );
}

function Loads(props: { readonly plan: Plan }): JSX.Element {
  const { plan } = props;
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.load")}>
      <h2>{t("plan.load")}</h2>
      <p class="quiet">{t("plan.load_hint")}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("plan.resource")}</th>
            <th scope="col">{t("plan.kind")}</th>
            {plan.weeks.map((week) => (
              <th key={week} scope="col">
                {week}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plan.resources.map((row) => (
            <tr key={`${row.kind} ${row.resource}`}>
              <th scope="row">{row.resource}</th>
              <td>{row.kind}</td>
              {plan.weeks.map((week, i) => (
                <Load key={week} load={row.load[i] ?? 0} available={row.available[i] ?? 0} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function DecideGap(props: { readonly plan: Plan; readonly gap: Gap; readonly told: Told; readonly done: () => Promise<void> }): JSX.Element {
  const { gap, plan } = props;
  return (
    <form
      class="acts"
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        void act(props.told, async () => {
          await decide(plan.id, gap.id, String(values.get("remedy")), String(values.get("reason")));
          await props.done();
          return t("plan.done");
        });
      }}
    >
      <select name="remedy" aria-label={`${t("plan.remedy")}: ${gap.message}`}>
        {gap.remedies.map((each) => (
          <option key={each.kind} value={each.kind}>
            {`${each.kind}: ${each.text}`}
          </option>
        ))}
      </select>
      <input name="reason" required minLength={3} maxLength={500} placeholder={t("plan.reason")} aria-label={`${t("plan.reason")}: ${gap.message}`} />
      <button type="submit" class="button" disabled={props.told.busy.value}>
        {t("plan.decide")}
      </button>
    </form>
  );
}

function Gaps(props: { readonly plan: Plan; readonly told: Told; readonly done: () => Promise<void> }): JSX.Element {
  const { plan } = props;
  const open = plan.state === "checked" && may("plan.propose");
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.gaps")} data-section="gaps">
      <h2>{t("plan.gaps")}</h2>
      {plan.gaps.length === 0 ? (
        <p class="quiet">{t("plan.no_gaps")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("plan.gap")}</th>
              <th scope="col">{t("plan.causes")}</th>
              <th scope="col">{t("plan.remedy")}</th>
            </tr>
          </thead>
          <tbody>
            {plan.gaps.map((gap) => {
              const decision = plan.decisions.find((each) => each.gap === gap.id);
              return (
                <tr key={gap.id} class={decision === undefined ? "gap-undecided" : ""} data-gap={gap.id}>
                  <td>{gap.message}</td>
                  <td>{gap.orders.join(", ")}</td>
                  <td>
                    {decision === undefined ? null : (
                      <p>{t("plan.decided", { remedy: decision.remedy, by: decision.by, reason: decision.reason })}</p>
                    )}
                    {open ? <DecideGap plan={plan} gap={gap} told={props.told} done={props.done} /> : null}
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

function Lines(props: { readonly plan: Plan }): JSX.Element {
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.lines")}>
      <h2>{t("plan.lines")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("plan.product")}</th>
            <th scope="col">{t("plan.week")}</th>
            {(["opening", "demand", "output", "closing"] as const).map((each) => (
              <th key={each} scope="col" class="num">
                {t(`plan.${each}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.plan.lines.map((line) => (
            <tr key={`${line.product} ${line.week}`}>
              <th scope="row">{line.product}</th>
              <td>{line.week}</td>
              {(["opening", "demand", "output", "closing"] as const).map((each) => (
                <td key={each} class="num">
                  {number(line[each])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Steps(props: { readonly plan: Plan; readonly told: Told; readonly done: () => Promise<void> }): JSX.Element {
  const { plan, told } = props;
  const step = (name: "check" | "approve" | "versions") => async (): Promise<string> => {
    await planStep(plan.id, name);
    await props.done();
    return t("plan.done");
  };
  return (
    <div class="acts">
      {may("plan.propose") && (plan.state === "draft" || plan.state === "checked") ? (
        <Act told={told} label={t("plan.check")} work={step("check")} />
      ) : null}
      {may("plan.approve") && plan.state === "checked" ? <Act told={told} label={t("plan.approve")} work={step("approve")} /> : null}
      {may("plan.approve") && plan.state === "approved" ? (
        <Act told={told} label={t("plan.release")} work={async () => t("plan.released", { count: await releasePlan(plan.id) })} />
      ) : null}
      {may("plan.propose") && plan.state !== "superseded" ? <Act told={told} label={t("plan.revise")} work={step("versions")} /> : null}
    </div>
  );
}

function DraftPlan(props: { readonly told: Told; readonly done: () => Promise<void> }): JSX.Element {
  return (
    <form
      class="acts"
      onSubmit={(event) => {
        event.preventDefault();
        const weeks = Number(new FormData(event.currentTarget).get("weeks"));
        void act(props.told, async () => {
          await draftPlan(weeks);
          await props.done();
          return t("plan.done");
        });
      }}
    >
      <label>
        {t("plan.weeks")} <input name="weeks" type="number" min="1" max="104" defaultValue="4" required inputMode="numeric" />
      </label>
      <button type="submit" class="button" disabled={props.told.busy.value}>
        {t("plan.draft_plan")}
      </button>
    </form>
  );
}

export function CapacityPart(): JSX.Element {
  const resource = useResource(plans, [], 15_000);
  const told = useTold();
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const done = (): Promise<void> => resource.load();
  const asked = Number(query.value.get("plan") ?? 0);
  const plan = state.value.find((each) => each.id === asked) ?? state.value[0];
  return (
    <>
      <div class="acts">
        {may("plan.propose") ? <DraftPlan told={told} done={done} /> : null}
        {state.value.length > 1 ? (
          <nav class="segments" aria-label={t("plan.title")}>
            {state.value.slice(0, 8).map((each) => (
              <a key={each.id} href={withQuery("plan", String(each.id))} aria-current={each === plan ? "true" : undefined}>
                {each.id}
              </a>
            ))}
          </nav>
        ) : null}
        <Said told={told} />
      </div>
      {plan === undefined ? (
        <Empty title={t("plan.no_plan")} next={t("plan.no_plan_next")} />
      ) : (
        <>
          <section class="panel" data-plan={plan.id} data-state={plan.state}>
            <h2>
              {t("plan.heading", { id: plan.id, version: plan.version })}: {t(`plan_state.${plan.state}`)}
            </h2>
            <p class="quiet">
              {t("plan.by", { by: plan.proposer })}
              {plan.approver === "" ? "" : `, ${t("plan.approved_by", { by: plan.approver })}`}
            </p>
            <Steps plan={plan} told={told} done={done} />
          </section>
          {plan.state === "draft" ? null : <Gaps plan={plan} told={told} done={done} />}
          {plan.resources.length > 0 ? <Loads plan={plan} /> : null}
          <Lines plan={plan} />
        </>
      )}
    </>
  );
}
