/** One rule: its settings as they run, a form to change them, and every version with what it changed, by whom and why. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ruleOverview, ruleVersions, type RuleOverview, type RuleVersion } from "../../data/rest/backtests.ts";
import { ruleSheet, takeRuleBack, type RuleSheet } from "../../data/rest/rules.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { may } from "../live/who.ts";
import { ReasonDialog } from "../parts/reason.tsx";
import { Failed, Loading } from "../parts/states.tsx";
import { Diff, differences, flat } from "./diff.tsx";
import { Edit } from "./edit.tsx";
import { State } from "./page.tsx";
import "./rules.css";

function Changed(props: { version: RuleVersion; before: RuleVersion | undefined }): JSX.Element {
  const { version, before } = props;
  if (version.settings === null) return <p class="quiet">{t("rules.removed")}</p>;
  if (before?.settings === undefined || before.settings === null) {
    return <p class="quiet">{t("rules.first", { count: Object.keys(flat(version.settings)).length })}</p>;
  }
  const found = differences(before.settings, version.settings);
  return found.length === 0 ? <p class="quiet">{t("rules.same")}</p> : <Diff found={found} />;
}

/** Every version; `back` is asked with the revision that is to run again, null for what the files say. */
function Versions(props: { versions: readonly RuleVersion[]; back: ((to: number) => void) | null }): JSX.Element {
  const { back } = props;
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
            {back === null || n === 0 || each.settings === null ? null : (
              <button type="button" class="button" onClick={() => { back(each.revision); }}>
                {t("rules.take_back", { revision: each.revision })}
              </button>
            )}
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

function Origin(props: { sheet: RuleSheet; back: (() => void) | null }): JSX.Element {
  const { sheet, back } = props;
  const found = differences(sheet.in_files, sheet.settings);
  if (sheet.origin === "files") return <p class="quiet">{t("rules.origin_files")}</p>;
  return (
    <div data-origin="people">
      <p>{t("rules.origin_people")}</p>
      <Diff found={found} />
      {back === null ? null : (
        <button type="button" class="button" onClick={back}>
          {t("rules.back_to_files")}
        </button>
      )}
    </div>
  );
}

function Facts(props: { rule: RuleOverview; sheet: RuleSheet | null; edit: (() => void) | null; back: (() => void) | null }): JSX.Element {
  const { rule, sheet, edit } = props;
  const chart = chartUrl(rule);
  return (
    <section class="panel" aria-label={t("rules.facts")} data-section="facts">
      <h2>{t("rules.facts")}</h2>
      <p>
        <State rule={rule} />
      </p>
      <div class="buttons">
        {edit === null ? null : (
          <button type="button" class="button" onClick={edit}>
            {t("rules.change")}
          </button>
        )}
        <a class="button" href={`/backtests?rule=${encodeURIComponent(rule.id)}`}>
          {t("rules.backtest")}
        </a>
        {chart === null ? null : (
          <a class="button" href={chart}>
            {t("rules.chart")}
          </a>
        )}
      </div>
      {sheet === null ? null : <Origin sheet={sheet} back={props.back} />}
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
  const sheet = useResource(() => ruleSheet(id), [id]);
  const [editing, setEditing] = useState<RuleSheet | null>(null);
  const [back, setBack] = useState<number | "files" | null>(null);
  const state = versions.state.value;
  const rule = overview.value?.find((each) => each.id === id);
  const changeable = sheet.value !== null && may("rule.approve") ? sheet.value : null;
  const again = (): void => {
    setEditing(null);
    void Promise.all([overview.load(), versions.load(), sheet.load()]);
  };
  return (
    <div class="rules">
      <div class="page-head">
        <h1>{rule === undefined ? id : rule.title}</h1>
        <a href="/rules">{t("rules.back")}</a>
      </div>
      {[overview, sheet].map((each, n) => {
        const broken = each.state.value;
        // A rule that left the files has no sheet, and its versions say so.
        if (broken.status !== "failed" || broken.code === 404) return null;
        return <Failed key={n} error={broken.error} retry={() => void each.load()} />;
      })}
      {rule === undefined ? null : (
        <Facts
          rule={rule}
          sheet={sheet.value}
          edit={changeable === null || editing !== null ? null : () => { setEditing(changeable); }}
          back={changeable === null ? null : () => { setBack("files"); }}
        />
      )}
      {editing === null ? null : <Edit sheet={editing} done={again} close={again} />}
      {back === null || changeable === null ? null : (
        <ReasonDialog
          heading={back === "files" ? t("rules.back_to_files") : t("rules.take_back", { revision: back })}
          act={t("rules.apply")}
          send={async (reason) => {
            await takeRuleBack(changeable, back === "files" ? null : back, reason);
            again();
          }}
          close={() => { setBack(null); }}
        />
      )}
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void versions.load()} /> : null}
      {state.status === "ready" ? <Versions versions={state.value} back={changeable === null ? null : setBack} /> : null}
    </div>
  );
}
