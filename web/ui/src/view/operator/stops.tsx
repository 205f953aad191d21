/** Stops with their reasons, and calls for somebody. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { callFor, endCall, giveReason, type CallKind, type Station, type Stop, type StopReason } from "../../data/rest/execution.ts";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { phase, serverClock } from "../live/session.ts";
import { may } from "../live/who.ts";
import { act, Said, useTold } from "../parts/act.tsx";
import { age } from "../parts/format.ts";
import { clock } from "./job.tsx";

const KINDS: readonly CallKind[] = ["help", "material", "maintenance", "quality"];

interface Props {
  readonly of: Station;
  readonly reasons: readonly StopReason[];
  readonly reload: () => Promise<void>;
}

function Reasons(props: Props & { readonly stop: Stop }): JSX.Element {
  const { of, stop } = props;
  const told = useTold();
  return (
    <div role="group" aria-label={t("operator.give", { time: clock(stop.start_ms) })}>
      <div class="station-acts">
        {props.reasons.map((each) => (
          <button
            key={each.code}
            type="button"
            class="button"
            data-code={each.code}
            aria-pressed={stop.code === each.code}
            disabled={told.busy.value || phase.value !== "live"}
            onClick={() => {
              void act(told, async () => {
                await giveReason(of.machine, { start_ms: stop.start_ms, end_ms: stop.end_ms, code: each.code, note: "" });
                await props.reload();
                return t("operator.done");
              });
            }}
          >
            {each.words}
          </button>
        ))}
      </div>
      <Said told={told} />
    </div>
  );
}

/** The stop that lasts on, with the reasons as buttons. */
export function PresentStop(props: Props): JSX.Element | null {
  const { stop } = props.of;
  if (stop === null) return null;
  return (
    <section class="panel station-stop" data-section="stop">
      <h2>{t("operator.stop", { time: clock(stop.start_ms) })}</h2>
      {stop.state === "" ? null : <p>{t("operator.stop_state", { state: stop.state })}</p>}
      {stop.code === "" ? <p>{t("operator.no_reason")}</p> : null}
      {may("downtime.propose") ? <Reasons {...props} stop={stop} /> : null}
    </section>
  );
}

export function Stops(props: Props): JSX.Element {
  const { of } = props;
  const chosen = useMemo(() => signal(0), []);
  const words = new Map(props.reasons.map((each) => [each.code, each.words]));
  const past = of.stops.filter((each) => each.end_ms !== null);
  return (
    <details class="panel">
      <summary>{t("operator.stops")}</summary>
      {past.length === 0 ? <p>{t("operator.no_stops")}</p> : null}
      <ul class="station-told">
        {past.slice(0, 50).map((each) => (
          <li key={each.start_ms}>
            {clock(each.start_ms)}, {age((each.end_ms ?? each.start_ms) - each.start_ms)}: {each.state}{" "}
            {each.code === "" ? t("operator.no_reason") : (words.get(each.code) ?? each.code)}{" "}
            {may("downtime.propose") ? (
              <button
                type="button"
                class="button"
                aria-expanded={chosen.value === each.start_ms}
                aria-label={t("operator.give", { time: clock(each.start_ms) })}
                onClick={() => {
                  chosen.value = chosen.value === each.start_ms ? 0 : each.start_ms;
                }}
              >
                {t("operator.why")}
              </button>
            ) : null}
            {chosen.value === each.start_ms ? <Reasons {...props} stop={each} /> : null}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Andon: one button a kind; a call that stands says whether somebody has answered. */
export function Calls(props: Props): JSX.Element | null {
  void textTick.value;
  const { of } = props;
  const told = useTold();
  if (!may("issue.propose")) return null;
  const now = serverClock.now();
  const standing = new Map(of.calls.map((each) => [each.kind, each]));
  const send = (kind: CallKind) => (): void => {
    const on = standing.has(kind);
    void act(told, async () => {
      await (on ? endCall(of.machine, kind) : callFor(of.machine, kind, ""));
      await props.reload();
      return t("operator.done");
    });
  };
  return (
    <section class="panel" aria-label={t("operator.call")} data-section="calls">
      <h2>{t("operator.call")}</h2>
      <div class="station-acts">
        {KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            class={standing.has(kind) ? "button station-called" : "button"}
            data-call={kind}
            aria-pressed={standing.has(kind)}
            disabled={told.busy.value || phase.value !== "live"}
            onClick={send(kind)}
          >
            {standing.has(kind) ? t("operator.came", { kind: t(`operator.call.${kind}`) }) : t(`operator.call.${kind}`)}
          </button>
        ))}
      </div>
      {of.calls.map((each) => (
        <p key={each.kind}>
          <a href={`/issues/${String(each.issue)}`}>{t("operator.called", { kind: t(`operator.call.${each.kind}`), age: age(now - each.raised_ms) })}</a>
          {": "}
          {t(each.taken ? "operator.taken" : "operator.waiting")}
        </p>
      ))}
      <Said told={told} />
    </section>
  );
}
