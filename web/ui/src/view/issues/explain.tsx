/** Why an issue was opened, replayed step by step: the sample, the settings of then, and the arithmetic of each moment. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { explanation, type Explanation, type Step } from "../../data/rest/explanations.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";

const DECIMALS = 3;

/** The newest sample of a series at or before a moment, null before the first. */
export function sampleAt(series: Explanation["samples"][number], timeMs: number): number | null {
  let newest = -1;
  series.time_ms.forEach((each, i) => {
    if (each <= timeMs && (newest < 0 || each >= (series.time_ms[newest] as number))) newest = i;
  });
  return newest < 0 ? null : (series.value[newest] ?? null);
}

function Moment(props: { of: Explanation; step: Step }): JSX.Element {
  const { of, step } = props;
  return (
    <div class="replay-moment" role="status" data-step>
      <p>
        <time>{zone.value.format(step.time_ms, "seconds")}</time> <b>{step.text}</b>
      </p>
      <ul>
        {of.samples.map((series) => {
          const value = sampleAt(series, step.time_ms);
          return (
            <li key={series.path}>
              {series.path.slice(series.path.lastIndexOf("/") + 1)}{" "}
              <span class="value">{value === null ? t("value.none") : `${number(value, DECIMALS)} ${series.unit}`}</span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Replay(props: { of: Explanation }): JSX.Element {
  const { of } = props;
  const [at, setAt] = useState(0);
  const last = of.steps.length - 1;
  const step = of.steps[Math.min(at, last)];
  if (step === undefined) return <p class="quiet">{t("explain.no_steps")}</p>;
  const turn = (to: number, label: "explain.first" | "explain.back" | "explain.next" | "explain.last", off: boolean): JSX.Element => (
    <button type="button" class="button" disabled={off} onClick={() => { setAt(to); }}>
      {t(label)}
    </button>
  );
  return (
    <>
      <div class="buttons">
        {turn(0, "explain.first", at === 0)}
        {turn(at - 1, "explain.back", at === 0)}
        <label>
          <span class="visually-hidden">{t("explain.step")}</span>
          <input type="range" min={0} max={last} value={at} onInput={(event) => { setAt(Number(event.currentTarget.value)); }} />
        </label>
        {turn(at + 1, "explain.next", at >= last)}
        {turn(last, "explain.last", at >= last)}
        <span class="quiet">{t("explain.of", { step: at + 1, steps: of.steps.length })}</span>
      </div>
      <Moment of={of} step={step} />
      <details>
        <summary>{t("explain.all")}</summary>
        <ol class="replay-steps" tabIndex={0} aria-label={t("explain.all")}>
          {of.steps.map((each, n) => (
            <li key={n} aria-current={n === at ? "step" : undefined}>
              <time>{zone.value.format(each.time_ms, "seconds")}</time> {each.text}
            </li>
          ))}
        </ol>
      </details>
    </>
  );
}

function Told(props: { of: Explanation }): JSX.Element {
  const { of } = props;
  const settings = Object.entries(of.settings ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return (
    <>
      <p>{t("explain.rule", { rule: of.rule, version: of.rule_version })}</p>
      <p data-reproduced={of.reproduced}>{of.reproduced ? t("explain.reproduced") : t("explain.differs", { difference: of.difference })}</p>
      <Replay of={of} />
      {settings.length === 0 ? null : (
        <details>
          <summary>{t("explain.settings")}</summary>
          <dl class="facts">
            {settings.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{String(value as string | number | boolean)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </>
  );
}

function Fetched(props: { issue: number }): JSX.Element {
  const resource = useResource(() => explanation(props.issue), [props.issue]);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={2} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  return <Told of={state.value} />;
}

/** Folded until somebody wants it: the replay runs when it is opened. */
export function Explain(props: { issue: number }): JSX.Element {
  const [open, setOpen] = useState(location.hash === "#explained");
  return (
    <section class="panel" id="explained" data-section="explained">
      <h2>{t("explain.title")}</h2>
      {open ? (
        <Fetched issue={props.issue} />
      ) : (
        <button type="button" class="button" onClick={() => { setOpen(true); }}>
          {t("explain.open")}
        </button>
      )}
    </section>
  );
}
