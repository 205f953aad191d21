/** What came of a backtest: how it compares with what really happened, when, and how to apply it. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Backtest, Changes, Outcome, Period, Report, RuleOverview, TriedAlarm } from "../../data/rest/backtests.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { age, number, plain } from "../parts/format.ts";
import { Curve, pickedOf, variations } from "./curve.tsx";

const SHOWN = 200;

function Fact(props: { name: string; value: string; more?: string }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>
        <b>{props.value}</b> {props.more === undefined ? null : <span class="quiet">{props.more}</span>}
      </dd>
    </div>
  );
}

function Facts(props: { outcome: Outcome; rows: number }): JSX.Element {
  const { outcome } = props;
  const day = (value: number): string => `${number(value, 1)} ${t("backtests.per_day")}`;
  return (
    <>
      <dl class="facts backtest-facts">
        <Fact name={t("backtests.alarms")} value={number(outcome.alarms)} more={day(outcome.alarms_per_day)} />
        <Fact name={t("backtests.real")} value={number(outcome.real_issues)} />
        <Fact name={t("backtests.hits")} value={number(outcome.hits)} />
        <Fact name={t("backtests.misses")} value={number(outcome.misses)} />
        <Fact name={t("backtests.false")} value={number(outcome.false_alarms)} more={day(outcome.false_alarms_per_day)} />
        <Fact
          name={t("backtests.lead")}
          value={outcome.median_lead_s === null ? t("value.none") : age(outcome.median_lead_s * 1_000)}
        />
        <Fact name={t("backtests.samples")} value={number(props.rows)} />
      </dl>
      {outcome.truncated ? <p class="note">{t("backtests.truncated")}</p> : null}
    </>
  );
}

function Periods(props: { title: string; name: string; periods: readonly Period[] }): JSX.Element {
  const most = Math.max(1, ...props.periods.map((each) => each.alarms));
  return (
    <section class="panel" tabIndex={0} aria-label={props.title} data-section={props.name}>
      <h2>{props.title}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("backtests.begins")}</th>
            <th scope="col" class="num">{t("backtests.alarms")}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {props.periods.map((each) => (
            <tr key={each.start_ms}>
              <th scope="row">{zone.value.format(each.start_ms, "full")}</th>
              <td class="num">{number(each.alarms)}</td>
              <td class="alarm-bar" aria-hidden="true">
                <span style={{ width: `${String((each.alarms / most) * 100)}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function AlarmRow(props: { alarm: TriedAlarm }): JSX.Element {
  const { alarm } = props;
  const lasted = alarm.cleared_ms === null ? t("backtests.holds") : age(alarm.cleared_ms - alarm.raised_ms);
  return (
    <tr>
      <td class="num">{zone.value.format(alarm.raised_ms, "full")}</td>
      <td title={alarm.signal}>
        {alarm.signal.split("/").slice(-2).join(" / ")} {alarm.side}
      </td>
      <td class="num">{alarm.value === null ? t("value.none") : plain(alarm.value)}</td>
      <td class="num">{lasted}</td>
      <td>
        {alarm.issue === null ? (
          <span class="quiet">{t("backtests.no_issue")}</span>
        ) : (
          <a href={`/issues/${String(alarm.issue)}`}>{alarm.issue}</a>
        )}
      </td>
      <td class="num">{alarm.lead_s === null ? t("value.none") : age(alarm.lead_s * 1_000)}</td>
    </tr>
  );
}

function Alarms(props: { report: Report }): JSX.Element {
  const { alarms, outcome } = props.report;
  return (
    <section class="panel" tabIndex={0} aria-label={t("backtests.list")} data-section="alarms">
      <h2>{t("backtests.list")}</h2>
      {alarms.length === 0 ? (
        <p class="quiet">{t("backtests.list_none")}</p>
      ) : (
        <>
          {outcome.alarms > SHOWN ? (
            <p class="quiet lead">{t("backtests.list_some", { shown: Math.min(SHOWN, alarms.length), count: outcome.alarms })}</p>
          ) : null}
          <table>
            <thead>
              <tr>
                <th scope="col" class="num">{t("backtests.raised")}</th>
                <th scope="col">{t("backtests.signal")}</th>
                <th scope="col" class="num">{t("backtests.value")}</th>
                <th scope="col" class="num">{t("backtests.lasted")}</th>
                <th scope="col">{t("backtests.issue")}</th>
                <th scope="col" class="num">{t("backtests.lead")}</th>
              </tr>
            </thead>
            <tbody>
              {alarms.slice(0, SHOWN).map((each) => (
                <AlarmRow key={`${each.signal} ${each.side} ${String(each.raised_ms)}`} alarm={each} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  );
}

/** The rule with its changes as YAML: JSON scalars are YAML, and what was stands beside. */
export function yaml(rule: string, changes: Changes, settings: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(changes).map(([name, value]) => {
    const before = settings[name];
    return `    ${name}: ${JSON.stringify(value)}${before === undefined ? "" : `  # ${JSON.stringify(before)}`}`;
  });
  return [`rules:`, `  ${rule}:`, ...lines].join("\n");
}

function Apply(props: { job: Backtest; picked: Outcome; rule: RuleOverview | undefined }): JSX.Element {
  const { job, picked, rule } = props;
  const told = useMemo(() => signal(""), []);
  const settings = rule?.settings ?? {};
  const changes = Object.fromEntries(
    Object.entries({ ...job.changes, ...picked.changes }).filter(([name, value]) => settings[name] !== value),
  );
  const text = yaml(job.rule, changes, settings);
  return (
    <section class="panel" aria-label={t("backtests.apply")} data-section="apply">
      <h2>{t("backtests.apply")}</h2>
      {Object.keys(changes).length === 0 ? (
        <p class="quiet">{t("backtests.apply_none")}</p>
      ) : (
        <>
          <p class="quiet lead">{t("backtests.apply_lead")}</p>
          <pre class="backtest-yaml" tabIndex={0}>
            {text}
          </pre>
          <button
            type="button"
            class="button"
            onClick={() => {
              navigator.clipboard.writeText(text).then(
                () => (told.value = t("backtests.copied")),
                () => (told.value = t("backtests.copy_failed")),
              );
            }}
          >
            {t("backtests.copy")}
          </button>
          <p role="status">{told.value}</p>
        </>
      )}
    </section>
  );
}

export function Result(props: { job: Backtest; report: Report; rule: RuleOverview | undefined }): JSX.Element {
  const { job, report, rule } = props;
  const all = variations(job, report);
  const picked = all[pickedOf(all)]?.outcome ?? report.outcome;
  return (
    <div class="backtest-result">
      <section class="panel" data-section="outcome">
        <h2>
          {t("backtests.result", {
            rule: job.rule,
            from: zone.value.format(job.from_ms, "full"),
            to: zone.value.format(job.to_ms, "full"),
          })}
        </h2>
        <Facts outcome={report.outcome} rows={report.rows} />
        {report.missed_issues.length === 0 ? (
          <p class="quiet">{t("backtests.missed_none")}</p>
        ) : (
          <p>
            {t("backtests.missed")}:{" "}
            {report.missed_issues.slice(0, SHOWN).map((each, n) => (
              <>
                {n === 0 ? "" : ", "}
                <a key={each} href={`/issues/${String(each)}`}>
                  {each}
                </a>
              </>
            ))}
          </p>
        )}
      </section>
      <Curve job={job} report={report} all={all} />
      <Apply job={job} picked={picked} rule={rule} />
      <Periods title={t("backtests.shifts")} name="shifts" periods={report.per_shift} />
      <Periods title={t("backtests.days")} name="days" periods={report.per_day} />
      <Alarms report={report} />
    </div>
  );
}
