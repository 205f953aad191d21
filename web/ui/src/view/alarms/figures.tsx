/** How the alarm system does: every figure beside its benchmark, floods, the worst, and what would quiet them. */

import type { JSX } from "preact";
import { alarmMetrics, nuisances, type AlarmMetrics, type Benchmark, type Nuisance } from "../../data/rest/alarms.ts";
import { query, withQuery, go } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock, zone } from "../live/session.ts";
import { age, number, plain } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";
import { useAlarmChanges } from "./live.ts";

const HOUR_MS = 3_600_000;
const WINDOWS_H = [1, 8, 24, 168, 720] as const;
const SHARES = new Set(["hours_over_30", "periods_over_10", "in_flood", "top_10_share"]);

function chosen(name: string, values: readonly number[], fallback: number): number {
  const asked = Number(query.value.get(name));
  return values.find((each) => each === asked) ?? fallback;
}

function shown(benchmark: Benchmark): string {
  const share = SHARES.has(benchmark.name) || benchmark.name.startsWith("priority_");
  return share ? `${number(benchmark.value * 100, 1)} %` : number(benchmark.value, benchmark.name === "per_hour" ? 1 : 0);
}

function Benchmarks(props: { metrics: AlarmMetrics }): JSX.Element {
  return (
    <section class="panel" tabIndex={0} aria-label={t("alarms.figures.benchmarks")} data-section="benchmarks">
      <h2>{t("alarms.figures.benchmarks")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("alarms.figures.figure")}</th>
            <th scope="col" class="num">{t("alarms.figures.value")}</th>
            <th scope="col">{t("alarms.figures.target")}</th>
            <th scope="col">{t("alarms.figures.met")}</th>
          </tr>
        </thead>
        <tbody>
          {props.metrics.benchmarks.map((each) => (
            <tr key={each.name} data-benchmark={each.name} class={each.met ? "" : "benchmark-missed"}>
              <th scope="row">{tOr(`alarms.figure.${each.name}`, each.name)}</th>
              <td class="num">{shown(each)}</td>
              <td>{each.target}</td>
              <td>{t(each.met ? "alarms.figures.yes" : "alarms.figures.no")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Floods(props: { metrics: AlarmMetrics }): JSX.Element {
  const { floods } = props.metrics;
  return (
    <section class="panel" tabIndex={0} aria-label={t("alarms.figures.floods")} data-section="floods">
      <h2>{t("alarms.figures.floods")}</h2>
      {floods.length === 0 ? (
        <p class="quiet">{t("alarms.figures.floods_none")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("alarms.figures.flood_from")}</th>
              <th scope="col" class="num">{t("alarms.figures.flood_length")}</th>
              <th scope="col" class="num">{t("alarms.figures.flood_alarms")}</th>
              <th scope="col" class="num">{t("alarms.figures.flood_peak")}</th>
            </tr>
          </thead>
          <tbody>
            {floods.map((each) => (
              <tr key={each.start_ms}>
                <td>{zone.value.format(each.start_ms, "full")}</td>
                <td class="num">{age(each.end_ms - each.start_ms)}</td>
                <td class="num">{number(each.alarms)}</td>
                <td class="num">{number(each.peak_10_min)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Top(props: { metrics: AlarmMetrics }): JSX.Element {
  const top = props.metrics.worst.slice(0, 10);
  const most = Math.max(1, ...top.map((each) => each.raised));
  return (
    <section class="panel" tabIndex={0} aria-label={t("alarms.figures.top")} data-section="top">
      <h2>{t("alarms.figures.top")}</h2>
      {top.length === 0 ? (
        <p class="quiet">{t("alarms.figures.none")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("alarms.text")}</th>
              <th scope="col" class="num">{t("alarms.times")}</th>
              <th scope="col" class="num">{t("alarms.figures.share")}</th>
              <th scope="col">
                <span class="visually-hidden">{t("alarms.figures.share")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {top.map((each) => (
              <tr key={each.alarm}>
                <th scope="row" title={each.signal}>
                  {each.rule} · {each.signal.split("/").slice(-2).join(" / ")}
                </th>
                <td class="num">{number(each.raised)}</td>
                <td class="num">{number(each.share * 100, 1)} %</td>
                <td class="alarm-bar" aria-hidden="true">
                  <span style={{ width: `${String((each.raised / most) * 100)}%` }} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

/** Where the suggested setting can be tried over the same time. */
function tryUrl(one: Nuisance, fromMs: number, toMs: number): string {
  const parts = new URLSearchParams({ rule: one.rule, from: String(Math.floor(fromMs)), to: String(Math.ceil(toMs)) });
  if (one.setting !== null) parts.set("set", `${one.setting.name}=${String(one.setting.value)}`);
  return `/backtests?${parts.toString()}`;
}

function Suggested(props: { one: Nuisance }): JSX.Element {
  const { setting, reason, raised } = props.one;
  if (setting === null) return <span class="quiet">{reason}</span>;
  const words = { before: plain(setting.before), value: plain(setting.value) };
  return (
    <>
      <b>{tOr(`setting.${setting.name}`, setting.name).replace("{before}", words.before).replace("{value}", words.value)}</b>
      <br />
      <span class="quiet">
        {t("alarms.nuisance.left", { raised, left: setting.left })}
        {reason === "" ? "" : `: ${reason}`}
      </span>
    </>
  );
}

function Nuisances(props: { fromMs: number; toMs: number; items: readonly Nuisance[] }): JSX.Element {
  const { items, fromMs, toMs } = props;
  return (
    <section class="panel" tabIndex={0} aria-label={t("alarms.nuisance")} data-section="nuisance">
      <h2>{t("alarms.nuisance")}</h2>
      <p class="quiet lead">{t("alarms.nuisance.lead")}</p>
      {items.length === 0 ? (
        <p class="quiet">{t("alarms.nuisance.none")}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("alarms.text")}</th>
              <th scope="col">{t("alarms.source")}</th>
              <th scope="col" class="num">{t("alarms.times")}</th>
              <th scope="col" class="num">{t("alarms.nuisance.day")}</th>
              <th scope="col">{t("alarms.figures.chattering")}</th>
              <th scope="col" class="num">{t("alarms.figures.fleeting")}</th>
              <th scope="col" class="num">{t("alarms.figures.stale")}</th>
              <th scope="col">{t("alarms.nuisance.setting")}</th>
              <th scope="col">
                <span class="visually-hidden">{t("alarms.nuisance.try")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((each) => (
              <tr key={each.alarm} data-nuisance={each.alarm}>
                <th scope="row">{each.title}</th>
                <td title={each.signal}>{each.signal.split("/").slice(-2).join(" / ")}</td>
                <td class="num">{number(each.raised)}</td>
                <td class="num">{number(each.per_day, 1)}</td>
                <td>{each.chattering ? t("alarms.figures.chattering") : t("value.none")}</td>
                <td class="num">{number(each.fleeting)}</td>
                <td class="num">{each.stale_s > 0 ? age(each.stale_s * 1_000) : t("value.none")}</td>
                <td>
                  <Suggested one={each} />
                </td>
                <td>
                  <a class="button" href={tryUrl(each, fromMs, toMs)}>
                    {t("alarms.nuisance.try")}
                    <span class="visually-hidden">: {each.title}</span>
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

export function Figures(): JSX.Element {
  const hours = chosen("hours", WINDOWS_H, 24);
  const operators = Math.min(1_000, Math.max(1, Math.round(Number(query.value.get("operators") ?? 1)) || 1));
  const resource = useResource(async () => {
    const toMs = serverClock.now();
    const fromMs = toMs - hours * HOUR_MS;
    const [metrics, items] = await Promise.all([alarmMetrics(fromMs, toMs, operators), nuisances(fromMs, toMs)]);
    return { metrics, items };
  }, [hours, operators]);
  useAlarmChanges(() => {
    resource.soon(2_000);
  }, [resource]);
  const state = resource.state.value;
  return (
    <>
      <div class="alarm-bar-row">
        <span class="quiet">{t("alarms.figures.window")}</span>
        <nav class="segments" aria-label={t("alarms.figures.window")}>
          {WINDOWS_H.map((each) => (
            <a key={each} href={withQuery("hours", String(each))} aria-current={each === hours ? "true" : undefined}>
              {age(each * HOUR_MS)}
            </a>
          ))}
        </nav>
        <label>
          {t("alarms.figures.operators")}{" "}
          <input
            type="number"
            min={1}
            max={1000}
            value={operators}
            onChange={(event) => {
              go(withQuery("operators", event.currentTarget.value), "replace");
            }}
          />
        </label>
      </div>
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? (
        <div class="alarm-figures">
          <p class="note">
            {t("alarms.figures.range", {
              from: zone.value.format(state.value.metrics.start_ms, "full"),
              to: zone.value.format(state.value.metrics.end_ms, "full"),
              operators: state.value.metrics.operators,
            })}
            <br />
            {t("alarms.figures.raised", { raised: state.value.metrics.raised, hidden: state.value.metrics.hidden })}
            {": "}
            {t("alarms.figures.rate", {
              ten: number(state.value.metrics.per_10_min, 2),
              hour: number(state.value.metrics.per_hour, 1),
              day: number(state.value.metrics.per_day, 0),
            })}
          </p>
          <Benchmarks metrics={state.value.metrics} />
          <Top metrics={state.value.metrics} />
          <Nuisances
            fromMs={state.value.metrics.start_ms}
            toMs={state.value.metrics.end_ms}
            items={state.value.items}
          />
          <Floods metrics={state.value.metrics} />
        </div>
      ) : null}
    </>
  );
}
