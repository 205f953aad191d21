/** What the machine lost its time to in the window, the greatest first: by time or by count. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { losses, type Loss } from "../../data/plant/stops.ts";
import { intervals, reasons } from "../../data/rest/intervals.ts";
import { stateWord } from "../../data/plant/packml.ts";
import { t } from "../i18n/index.ts";
import type { MachineStore } from "../live/machine.ts";
import { useResource } from "../live/resource.ts";
import { serverClock } from "../live/session.ts";
import { age, number, percent } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";
import type { Span } from "./span.ts";

const EVERY_MS = 15_000;
const SHOWN = 8;
/** How long before the window a reason may have been said that still holds in it. */
const BEFORE_MS = 3_600_000;

type By = "time" | "count";

/** Small losses together are the last bar. */
function shown(all: readonly Loss[]): readonly Loss[] {
  if (all.length <= SHOWN) return all;
  const rest = all.slice(SHOWN - 1);
  const sum = (key: "ms" | "count"): number => rest.reduce((total, each) => total + each[key], 0);
  return [...all.slice(0, SHOWN - 1), { reason: t("pareto.rest", { count: rest.length }), said: true, count: sum("count"), ms: sum("ms") }];
}

function Bars(props: { of: readonly Loss[]; by: By }): JSX.Element {
  const key = props.by === "time" ? "ms" : "count";
  const whole = props.of.reduce((sum, each) => sum + each[key], 0);
  const most = Math.max(...props.of.map((each) => each[key]));
  let behind = 0;
  return (
    <table class="pareto">
      <thead>
        <tr>
          <th scope="col">{t("pareto.reason")}</th>
          <th scope="col" class="num">{t("pareto.time")}</th>
          <th scope="col" class="num">{t("pareto.count")}</th>
          <th scope="col" class="num">{t("pareto.together")}</th>
        </tr>
      </thead>
      <tbody>
        {props.of.map((each) => {
          behind += each[key];
          return (
            <tr key={each.reason}>
              <th scope="row">
                {each.said ? each.reason : stateWord(each.reason === "" ? t("states.unknown") : each.reason)}
                <svg class="pareto-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                  <rect class="bar-fill" width={(each[key] / most) * 100} height="6" />
                </svg>
              </th>
              <td class={`num${props.by === "time" ? " pareto-by" : ""}`}>{age(each.ms)}</td>
              <td class={`num${props.by === "count" ? " pareto-by" : ""}`}>{number(each.count)}</td>
              <td class="num quiet">{percent(whole === 0 ? null : behind / whole)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

export function Pareto(props: { machine: string; store: MachineStore; span: Span }): JSX.Element {
  const { machine, store, span } = props;
  const by = useMemo(() => signal<By>("time"), []);
  const reason = store.table.columns.find((column) => column.role === "stop_reason")?.path ?? null;
  const found = useResource(
    async () => {
      const to = span.endMs ?? serverClock.now();
      const from = to - span.windowMs;
      const [list, said] = await Promise.all([
        intervals(machine, from, to),
        reason === null ? Promise.resolve([]) : reasons(reason, from - BEFORE_MS, to),
      ]);
      return { from, to, list, said };
    },
    [machine, span, reason],
    span.endMs === null ? EVERY_MS : 0,
  );
  const state = found.state.value;
  return (
    <section class="panel" aria-label={t("pareto.title")} data-section="pareto">
      <div class="panel-head">
        <h2>{t("pareto.title")}</h2>
        <div class="segments segments-small" role="group" aria-label={t("pareto.by")}>
          {(["time", "count"] as const).map((each) => (
            <button key={each} type="button" aria-pressed={by.value === each} onClick={() => (by.value = each)}>
              {t(`pareto.${each}`)}
            </button>
          ))}
        </div>
      </div>
      {state.status === "loading" ? (
        <Loading rows={1} />
      ) : state.status === "failed" ? (
        state.code === 404 ? <p class="quiet">{t("pareto.no_state")}</p> : <Failed error={state.error} retry={() => void found.load()} />
      ) : (
        <Losses of={losses(state.value.list.items, state.value.said, state.value.from, state.value.to, by.value)} by={by.value} complete={state.value.list.complete} span={span} />
      )}
    </section>
  );
}

function Losses(props: { of: readonly Loss[]; by: By; complete: boolean; span: Span }): JSX.Element {
  if (props.of.length === 0) return <p class="quiet">{t("pareto.none", { window: props.span.windowName })}</p>;
  return (
    <>
      <Bars of={shown(props.of)} by={props.by} />
      {props.complete ? null : <p class="quiet">{t("pareto.incomplete")}</p>}
    </>
  );
}
