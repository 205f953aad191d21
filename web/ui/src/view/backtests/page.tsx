/** Backtests: ask, watch the progress, compare with what really happened, pick a threshold by its cost. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { backtest, backtests, cancelBacktest, ruleOverview, type Backtest, type RuleOverview } from "../../data/rest/backtests.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource, type Resource } from "../live/resource.ts";
import { phase, zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Ask } from "./ask.tsx";
import "./backtests.css";
import { Result } from "./result.tsx";

const POLL_MS = 700;
const ENDED = new Set(["done", "failed", "cancelled"]);

function Progress(props: { job: Backtest; reload: () => void }): JSX.Element {
  const { job } = props;
  const told = useMemo(() => signal(""), []);
  const total = job.rows_total ?? 0;
  return (
    <section class="panel" aria-label={t("backtests.progress")} data-section="progress">
      <h2>{t("backtests.progress")}</h2>
      <p role="status">
        {job.state === "waiting" ? t("backtests.waits") : t("backtests.rows", { done: number(job.rows_done), total: number(total) })}
      </p>
      <progress aria-label={t("backtests.progress")} max={Math.max(1, total)} value={job.rows_done} />
      <div class="buttons">
        <button
          type="button"
          class="button"
          disabled={phase.value !== "live"}
          onClick={() => {
            cancelBacktest(job.id).then(props.reload, (error: unknown) => {
              told.value = error instanceof Error ? error.message : String(error);
            });
          }}
        >
          {t("backtests.cancel")}
        </button>
      </div>
      <p role="status">{told.value}</p>
    </section>
  );
}

function Job(props: { id: string; rules: readonly RuleOverview[]; changed: () => void }): JSX.Element {
  const resource = useResource(() => backtest(props.id), [props.id]);
  const state = resource.state.value;
  const job = state.status === "ready" ? state.value : null;
  const running = job !== null && !ENDED.has(job.state);
  useEffect(() => {
    if (!running) {
      props.changed();
      return undefined;
    }
    const timer = setInterval(() => {
      if (!document.hidden) void resource.load();
    }, POLL_MS);
    return () => {
      clearInterval(timer);
    };
  }, [running, resource]);
  if (state.status === "loading") return <Loading rows={3} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const { value } = state;
  if (running) return <Progress job={value} reload={() => void resource.load()} />;
  if (value.report !== null) {
    return <Result job={value} report={value.report} rule={props.rules.find((each) => each.id === value.rule)} />;
  }
  return (
    <section class="panel" data-section="ended">
      <h2>{t(`backtests.state.${value.state}`)}</h2>
      <p role={value.state === "failed" ? "alert" : "status"}>{value.error}</p>
    </section>
  );
}

function Kept(props: { list: Resource<readonly Backtest[]> }): JSX.Element {
  const state = props.list.state.value;
  if (state.status === "loading") return <Loading rows={1} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void props.list.load()} />;
  if (state.value.length === 0) return <Empty title={t("backtests.kept_none")} next={t("backtests.kept_next")} />;
  return (
    <section class="panel" tabIndex={0} aria-label={t("backtests.kept")} data-section="kept">
      <h2>{t("backtests.kept")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col" class="num">{t("backtests.when")}</th>
            <th scope="col">{t("backtests.rule")}</th>
            <th scope="col">{t("backtests.who")}</th>
            <th scope="col">{t("rules.state")}</th>
            <th scope="col">
              <span class="visually-hidden">{t("backtests.open")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {state.value.map((each) => (
            <tr key={each.id} data-backtest={each.id}>
              <td class="num">{zone.value.format(each.created_ms, "full")}</td>
              <td>{each.rule}</td>
              <td>{each.by}</td>
              <td>{t(`backtests.state.${each.state}`)}</td>
              <td>
                <a class="button" href={withParts({ job: [each.id], pick: [] })}>
                  {t("backtests.open")}
                </a>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function BacktestsPage(_props: { rest: string }): JSX.Element {
  const rules = useResource(ruleOverview, []);
  const list = useResource(backtests, []);
  const id = query.value.get("job");
  const state = rules.state.value;
  return (
    <div class="backtests">
      <div class="page-head">
        <h1>{t("backtests.title")}</h1>
      </div>
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void rules.load()} /> : null}
      {state.status === "ready" ? (
        <>
          <Ask
            rules={state.value}
            started={(started) => {
              go(withParts({ job: [started], pick: [] }));
              list.soon(0);
            }}
          />
          {id === null ? null : <Job key={id} id={id} rules={state.value} changed={() => { list.soon(0); }} />}
        </>
      ) : null}
      <Kept list={list} />
    </div>
  );
}
