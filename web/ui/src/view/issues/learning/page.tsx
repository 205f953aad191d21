/** What issues teach: where losses are, how fast they are dealt with, what to improve, which practices show. */

import type { JSX } from "preact";
import { learning, practices, type Bar, type Hint, type Learning } from "../../../data/rest/cases.ts";
import { query, withQuery } from "../../frame/router.ts";
import { t, tOr } from "../../i18n/index.ts";
import { useResource } from "../../live/resource.ts";
import { serverClock, zone } from "../../live/session.ts";
import { age, number, title } from "../../parts/format.ts";
import { Empty, Failed, Loading } from "../../parts/states.tsx";
import { IssueTabs } from "../tabs.tsx";
import "../issues.css";
import "./learning.css";

const DAY_MS = 86_400_000;
const BY = ["asset", "product", "shift", "cause", "type", "rule", "repeat"] as const;
const DAYS = ["7", "30", "90", "365"] as const;
const REFRESH_MS = 60_000;

const money = (cost: number | null, currency: string): string => (cost === null ? "" : `${number(cost, 0)} ${currency}`);

function Pareto(props: { bars: readonly Bar[]; currency: string }): JSX.Element {
  const { bars, currency } = props;
  const most = Math.max(...bars.map((bar) => bar.hours), 1e-9);
  const all = bars.reduce((sum, bar) => sum + bar.hours, 0);
  let sum = 0;
  return (
    <table class="pareto">
      <thead>
        <tr>
          <th scope="col">{t("learning.name")}</th>
          <th scope="col">{t("learning.hours")}</th>
          <th scope="col" class="num">
            {t("learning.share")}
          </th>
          <th scope="col" class="num">
            {t("learning.issues")}
          </th>
          <th scope="col" class="num">
            {t("learning.pieces")}
          </th>
          <th scope="col" class="num">
            {t("learning.cost")}
          </th>
        </tr>
      </thead>
      <tbody>
        {bars.map((bar) => {
          sum += bar.hours;
          return (
            <tr key={bar.name}>
              <th scope="row">{tOr(`choice.${bar.name}`, bar.name)}</th>
              <td>
                <svg class="pareto-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={(100 * bar.hours) / most} height="10" />
                </svg>{" "}
                {age(bar.hours * 3_600_000)}
              </td>
              <td class="num">{all > 0 ? `${number((100 * sum) / all)} %` : t("value.none")}</td>
              <td class="num">
                {bar.numbers.length === 1 ? <a href={`/issues/${String(bar.numbers[0])}`}>{bar.issues}</a> : bar.issues}
              </td>
              <td class="num">{bar.pieces === null ? "" : number(bar.pieces)}</td>
              <td class="num">{money(bar.cost, currency)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Trend(props: { of: Learning }): JSX.Element {
  const seconds = (value: number | null): string => (value === null ? t("value.none") : age(value * 1_000));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("learning.week")}</th>
          <th scope="col" class="num">
            {t("learning.opened")}
          </th>
          <th scope="col" class="num">
            {t("learning.closed")}
          </th>
          <th scope="col" class="num">
            {t("learning.mtta")}
          </th>
          <th scope="col" class="num">
            {t("learning.mttr")}
          </th>
        </tr>
      </thead>
      <tbody>
        {props.of.trend.map((point) => (
          <tr key={point.start_ms}>
            <th scope="row">{zone.value.format(point.start_ms, "full").split(",")[0]}</th>
            <td class="num">{point.opened}</td>
            <td class="num">{point.closed}</td>
            <td class="num">{seconds(point.mtta_s)}</td>
            <td class="num">{seconds(point.mttr_s)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Backlog(props: { of: Learning }): JSX.Element {
  const { backlog, currency } = props.of;
  return (
    <ol class="backlog">
      {backlog.map((place) => (
        <li key={place.recurrence} data-backlog={place.state}>
          <p>
            <a href={`/issues/${String(place.issues.at(-1))}`}>{place.title}</a> <span class="tag">{t(`backlog.${place.state}`)}</span>
          </p>
          <p class="quiet">
            {t("learning.lost", { hours: age(place.hours * 3_600_000), n: place.issues.length, week: number(place.per_week_before, 2) })}{" "}
            {money(place.cost, currency)}
          </p>
          {typeof place.effect?.["text"] === "string" ? <p>{t("learning.effect", { text: place.effect["text"] })}</p> : null}
        </li>
      ))}
    </ol>
  );
}

function Hints(props: { hints: readonly Hint[] }): JSX.Element | null {
  if (props.hints.length === 0) return null;
  return (
    <section class="panel" aria-label={t("learning.practices")}>
      <h2>{t("learning.practices")}</h2>
      <ul class="hints">
        {props.hints.map((hint) => (
          <li key={`${hint.practice} ${hint.title}`} data-practice={hint.practice}>
            <p>
              <a href={hint.link}>{hint.title}</a>
            </p>
            <p class="quiet">{hint.trigger}</p>
            <ul>
              {hint.evidence.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Found(props: { of: Learning; by: string }): JSX.Element {
  const { of } = props;
  if (of.bars.length === 0) return <Empty title={t("learning.empty")} next={t("issues.empty_next")} />;
  return (
    <>
      {of.remarks.map((each) => (
        <p key={each} class="note">
          {each}
        </p>
      ))}
      <section class="panel" tabIndex={0} role="region" aria-label={t("learning.pareto")}>
        <h2>{t("learning.pareto")}</h2>
        <Pareto bars={of.bars} currency={of.currency} />
      </section>
      <section class="panel" aria-label={t("learning.backlog")}>
        <h2>{t("learning.backlog")}</h2>
        <Backlog of={of} />
      </section>
      <section class="panel" tabIndex={0} role="region" aria-label={t("learning.trend")}>
        <h2>{t("learning.trend")}</h2>
        <Trend of={of} />
      </section>
    </>
  );
}

export function LearningPage(_props: { rest: string }): JSX.Element {
  const by = BY.find((each) => each === query.value.get("by")) ?? "asset";
  const days = DAYS.find((each) => each === query.value.get("days")) ?? "30";
  const resource = useResource(
    async () => {
      const now = serverClock.now();
      const end = Number.isNaN(now) ? Date.now() : now;
      const [found, hints] = await Promise.all([learning(end - Number(days) * DAY_MS, end, by), practices()]);
      return { found, hints };
    },
    [by, days],
    REFRESH_MS,
  );
  const state = resource.state.value;
  return (
    <div class="learning">
      <div class="page-head">
        <h1>{t("learning.title")}</h1>
        <IssueTabs here="learning" />
        <nav class="segments" aria-label={t("learning.by")}>
          {BY.map((each) => (
            <a key={each} href={withQuery("by", each === "asset" ? "" : each)} aria-current={each === by ? "true" : undefined}>
              {title(t(`learning.by.${each}`))}
            </a>
          ))}
        </nav>
        <nav class="segments" aria-label={t("learning.range")}>
          {DAYS.map((each) => (
            <a key={each} href={withQuery("days", each === "30" ? "" : each)} aria-current={each === days ? "true" : undefined}>
              {t("learning.days", { n: each })}
            </a>
          ))}
        </nav>
      </div>
      {state.status === "loading" ? <Loading rows={5} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? (
        <>
          <Hints hints={state.value.hints} />
          <Found of={state.value.found} by={by} />
        </>
      ) : null}
    </div>
  );
}
