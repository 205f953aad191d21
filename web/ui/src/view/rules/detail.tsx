/** One rule: its settings as they run, and every version with what it changed, by whom and why. */

import type { JSX } from "preact";
import { ruleOverview, ruleVersions, type RuleOverview, type RuleVersion } from "../../data/rest/backtests.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { Failed, Loading } from "../parts/states.tsx";
import { State } from "./page.tsx";
import "./rules.css";

type Settings = Readonly<Record<string, unknown>>;

/** Settings as lines: nested ones by their path, so that a change in one of them is seen as that. */
export function flat(settings: Settings, at = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    const path = at === "" ? name : `${at}.${name}`;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) Object.assign(found, flat(value as Settings, path));
    else found[path] = JSON.stringify(value);
  }
  return found;
}

export interface Difference {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export function differences(before: Settings, after: Settings): readonly Difference[] {
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort()
    .map((name) => ({ name, before: old[name] ?? null, after: now[name] ?? null }))
    .filter((each) => each.before !== each.after);
}

function Changed(props: { version: RuleVersion; before: RuleVersion | undefined }): JSX.Element {
  const { version, before } = props;
  if (version.settings === null) return <p class="quiet">{t("rules.removed")}</p>;
  if (before?.settings === undefined || before.settings === null) {
    return <p class="quiet">{t("rules.first", { count: Object.keys(flat(version.settings)).length })}</p>;
  }
  const found = differences(before.settings, version.settings);
  if (found.length === 0) return <p class="quiet">{t("rules.same")}</p>;
  return (
    <table class="rule-diff">
      <thead>
        <tr>
          <th scope="col">{t("rules.setting")}</th>
          <th scope="col">{t("rules.before")}</th>
          <th scope="col">{t("rules.after")}</th>
        </tr>
      </thead>
      <tbody>
        {found.map((each) => (
          <tr key={each.name} data-setting={each.name}>
            <th scope="row">{each.name}</th>
            <td>
              <del>{each.before ?? t("rules.unset")}</del>
            </td>
            <td>
              <ins>{each.after ?? t("rules.unset")}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Versions(props: { versions: readonly RuleVersion[] }): JSX.Element {
  return (
    <section class="panel" tabIndex={0} aria-label={t("rules.history")} data-section="versions">
      <h2>{t("rules.history")}</h2>
      <ol class="rule-versions">
        {props.versions.map((each, n) => (
          <li key={each.revision} data-revision={each.revision}>
            <p>
              <b>{t("rules.revision")} {each.revision}</b> <code>{each.version.slice(0, 12)}</code>{" "}
              <time>{zone.value.format(each.time_ms, "full")}</time> · {each.by} · <i>{each.reason}</i>
            </p>
            <Changed version={each} before={props.versions[n + 1]} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Signals that are named in full can be drawn. */
function chartUrl(rule: RuleOverview): string | null {
  const named = rule.signals.filter((each) => !each.includes("*") && !each.includes("?"));
  if (named.length === 0) return null;
  return `/explore?${named.slice(0, 8).map((each) => `s=${encodeURIComponent(each)}`).join("&")}`;
}

function Facts(props: { rule: RuleOverview }): JSX.Element {
  const { rule } = props;
  const chart = chartUrl(rule);
  return (
    <section class="panel" aria-label={t("rules.facts")} data-section="facts">
      <h2>{t("rules.facts")}</h2>
      <p>
        <State rule={rule} />
      </p>
      <div class="buttons">
        <a class="button" href={`/backtests?rule=${encodeURIComponent(rule.id)}`}>
          {t("rules.backtest")}
        </a>
        {chart === null ? null : (
          <a class="button" href={chart}>
            {t("rules.chart")}
          </a>
        )}
      </div>
      <table>
        <tbody>
          {Object.entries(flat(rule.settings)).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="rule-value">{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function RulePage(props: { rest: string }): JSX.Element {
  const id = props.rest;
  const overview = useResource(ruleOverview, []);
  const versions = useResource(() => ruleVersions(id), [id]);
  const state = versions.state.value;
  const rule = overview.value?.find((each) => each.id === id);
  return (
    <div class="rules">
      <div class="page-head">
        <h1>{rule === undefined ? id : rule.title}</h1>
        <a href="/rules">{t("rules.back")}</a>
      </div>
      {rule === undefined ? null : <Facts rule={rule} />}
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void versions.load()} /> : null}
      {state.status === "ready" ? <Versions versions={state.value} /> : null}
    </div>
  );
}
