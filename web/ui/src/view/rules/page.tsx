/** The rules that watch the plant: what they are, who changed them last and why, and how they are doing. */

import type { JSX } from "preact";
import { ruleOverview, type RuleOverview } from "../../data/rest/backtests.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import "./rules.css";

const EVERY_MS = 10_000;

export function State(props: { rule: RuleOverview }): JSX.Element {
  const { rule } = props;
  const on = rule.settings["enabled"] !== false;
  const condition = rule.error !== "" ? "failed" : on ? "good" : "off";
  const words = rule.error !== "" ? t("rules.failed", { error: rule.error }) : t(on ? "rules.runs" : "rules.off");
  return (
    <span class="chip rule-state">
      <ConditionGlyph of={condition} /> {words}
    </span>
  );
}

function Row(props: { rule: RuleOverview }): JSX.Element {
  const { rule } = props;
  return (
    <tr data-rule={rule.id}>
      <th scope="row">
        <a href={`/rules/${encodeURIComponent(rule.id)}`}>{rule.id}</a>
        <span class="rule-title">{rule.title}</span>
      </th>
      <td>{rule.type}</td>
      <td title={rule.version}>
        {rule.newest === null ? t("value.none") : rule.newest.revision} · <code>{rule.version.slice(0, 7)}</code>
      </td>
      <td>
        {rule.newest === null ? t("value.none") : rule.newest.by}
        {rule.newest === null ? null : <span class="rule-title">{zone.value.format(rule.newest.time_ms, "full")}</span>}
      </td>
      <td class="rule-reason">{rule.newest === null ? t("value.none") : rule.newest.reason}</td>
      <td>
        <State rule={rule} />
      </td>
      <td class="num">{number(rule.active)}</td>
      <td class="num">{number(rule.raised_last_day)}</td>
      <td>
        <a class="button" href={`/backtests?rule=${encodeURIComponent(rule.id)}`}>
          {t("rules.backtest")}
          <span class="visually-hidden">: {rule.id}</span>
        </a>
      </td>
    </tr>
  );
}

export function RulesPage(_props: { rest: string }): JSX.Element {
  const resource = useResource(ruleOverview, [], EVERY_MS);
  const state = resource.state.value;
  const all = resource.value ?? [];
  const words = (query.value.get("q") ?? "").toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = all.filter((each) =>
    words.every((word) => `${each.id} ${each.title} ${each.type} ${each.signals.join(" ")}`.toLowerCase().includes(word)),
  );
  return (
    <div class="rules">
      <div class="page-head">
        <h1>{t("rules.title")}</h1>
        <label>
          {t("rules.filter")}{" "}
          <input
            type="search"
            value={query.value.get("q") ?? ""}
            onInput={(event) => {
              go(withParts({ q: event.currentTarget.value === "" ? [] : [event.currentTarget.value] }), "replace");
            }}
          />
        </label>
        <p class="quiet" role="status">
          {state.status === "ready"
            ? t("rules.count", {
                count: found.length,
                failed: found.filter((each) => each.error !== "").length,
                off: found.filter((each) => each.error === "" && each.settings["enabled"] === false).length,
              })
            : ""}
        </p>
      </div>
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && found.length === 0 ? (
        <Empty
          title={t(all.length === 0 ? "rules.empty" : "rules.none_fits")}
          next={all.length === 0 ? t("rules.empty_next") : undefined}
        />
      ) : null}
      {found.length === 0 ? null : (
        <div class="panel" tabIndex={0} role="region" aria-label={t("rules.title")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("rules.id")}</th>
                <th scope="col">{t("rules.type")}</th>
                <th scope="col">{t("rules.version")}</th>
                <th scope="col">{t("rules.by")}</th>
                <th scope="col">{t("rules.reason")}</th>
                <th scope="col">{t("rules.state")}</th>
                <th scope="col" class="num">{t("rules.holds")}</th>
                <th scope="col" class="num">{t("rules.day")}</th>
                <th scope="col">
                  <span class="visually-hidden">{t("rules.backtest")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.map((each) => (
                <Row key={each.id} rule={each} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
