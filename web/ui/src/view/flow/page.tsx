/** Workflow design: a product's routing as a map and a table, its versions, what is wrong with it, review and approval. */

import type { JSX } from "preact";
import { routing, routingDiff, routings, routingStep, type RoutingView } from "../../data/rest/planning.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { FlowMap } from "./map.tsx";
import "../plan/plan.css";
import "./flow.css";

function Steps(props: { readonly view: RoutingView }): JSX.Element {
  return (
    <section class="panel" tabIndex={0} aria-label={t("flow.steps")}>
      <h2>{t("flow.steps")}</h2>
      <table>
        <thead>
          <tr>
            {(["step", "after", "role", "where", "crew", "tool", "handover"] as const).map((each) => (
              <th key={each} scope="col">
                {t(`flow.${each}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.view.routing.operations.map((each) => (
            <tr key={each.op}>
              <th scope="row">{each.op}</th>
              <td>{each.after.length === 0 ? t("flow.first") : each.after.join(", ")}</td>
              <td>{each.role === "" ? t("flow.no_role") : each.role}</td>
              <td>
                {each.work_centre}
                {each.machines.length === 0 ? null : <span class="sub">{each.machines.join(", ")}</span>}
              </td>
              <td>{each.crew === null ? "" : t("flow.crew_of", { ...each.crew })}</td>
              <td>{each.tool_class}</td>
              <td>{each.handover?.accepted_by ?? ""}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Changes(props: { readonly product: string; readonly old: number; readonly next: number }): JSX.Element | null {
  const resource = useResource(() => routingDiff(props.product, props.old, props.next), [props.product, props.old, props.next]);
  const diff = resource.value;
  if (diff === null) return null;
  const none = diff.added.length + diff.removed.length + diff.changed.length === 0;
  return (
    <section class="panel" aria-label={t("flow.changes", { old: props.old })}>
      <h2>{t("flow.changes", { old: props.old })}</h2>
      {none ? <p class="quiet">{t("flow.no_changes")}</p> : null}
      {diff.added.length > 0 ? <p>{t("flow.added", { steps: diff.added.join(", ") })}</p> : null}
      {diff.removed.length > 0 ? <p>{t("flow.removed", { steps: diff.removed.join(", ") })}</p> : null}
      {diff.changed.map(([step, fields]) => (
        <p key={step}>{t("flow.changed", { step, fields: fields.join(", ") })}</p>
      ))}
    </section>
  );
}

function View(props: { readonly product: string; readonly version: number | null }): JSX.Element {
  const resource = useResource(() => routing(props.product, props.version), [props.product, props.version], 30_000);
  const told = useTold();
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={3} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const view = state.value;
  const now = view.routing;
  const before = view.versions.filter((each) => each < now.version).pop();
  const step = (name: "submit" | "return" | "approve") => async (): Promise<string> => {
    await routingStep(now.product, now.version, name);
    await resource.load();
    return t("plan.done");
  };
  return (
    <>
      <section class="panel" data-routing={now.product} data-state={now.state}>
        <div class="acts">
          <label>
            {t("flow.version")}{" "}
            <select
              value={now.version}
              onChange={(event) => {
                go(withParts({ version: [event.currentTarget.value] }), "replace");
              }}
            >
              {view.versions.map((each) => (
                <option key={each} value={each}>
                  {each}
                </option>
              ))}
            </select>
          </label>
          <strong>{t(`flow.state.${now.state}`)}</strong>
          <span class="quiet">
            {now.author === "" ? "" : t("flow.author", { author: now.author })}
            {now.approver === "" ? "" : `, ${t("flow.approver", { approver: now.approver })}`}
          </span>
          {now.state === "draft" && may("routing.propose") ? <Act told={told} label={t("flow.submit")} work={step("submit")} /> : null}
          {now.state === "review" && may("routing.approve") ? <Act told={told} label={t("flow.return")} work={step("return")} /> : null}
          {now.state === "review" && may("routing.approve") ? <Act told={told} label={t("flow.approve")} work={step("approve")} /> : null}
          <Said told={told} />
        </div>
      </section>
      {view.flaws.length === 0 ? null : (
        <section class="panel" aria-label={t("flow.flaws")}>
          <h2>{t("flow.flaws")}</h2>
          <ul class="flaws">
            {view.flaws.map((each) => (
              <li key={each.message}>{each.message}</li>
            ))}
          </ul>
        </section>
      )}
      <section class="panel" tabIndex={0} aria-label={t("flow.map", { product: now.product, version: now.version })}>
        {view.map === null ? <p>{t("flow.no_map")}</p> : <FlowMap view={view} map={view.map} />}
      </section>
      <Steps view={view} />
      {before === undefined ? null : <Changes product={now.product} old={before} next={now.version} />}
    </>
  );
}

export function FlowPage(_props: { rest: string }): JSX.Element {
  const resource = useResource(routings, [], 30_000);
  const state = resource.state.value;
  const asked = query.value.get("product") ?? "";
  const version = Number(query.value.get("version") ?? 0);
  const product = asked !== "" ? asked : state.status === "ready" ? (state.value[0]?.product ?? "") : "";
  return (
    <div class="flow planning">
      <div class="page-head">
        <h1>{t("flow.title")}</h1>
        {state.status === "ready" && state.value.length > 0 ? (
          <label>
            {t("flow.product")}{" "}
            <select
              value={product}
              onChange={(event) => {
                go(withParts({ product: [event.currentTarget.value], version: [] }), "replace");
              }}
            >
              {state.value.map((each) => (
                <option key={each.product} value={each.product}>
                  {each.product}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </div>
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && product === "" ? <Empty title={t("flow.empty")} next={t("flow.empty_next")} /> : null}
      {product === "" ? null : <View key={product} product={product} version={version > 0 ? version : null} />}
    </div>
  );
}
