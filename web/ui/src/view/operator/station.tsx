/** One station, made for a phone or a terminal at the machine: what runs, what comes next, stops, calls. */

import type { JSX } from "preact";
import { station, stopReasons, type Station, type StopReason } from "../../data/rest/execution.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Coming, Current } from "./job.tsx";
import { Calls, PresentStop, Stops } from "./stops.tsx";
import "../plan/plan.css";
import "./operator.css";

const EVERY_MS = 2_000;

function Shown(props: { readonly of: Station; readonly reasons: readonly StopReason[]; readonly reload: () => Promise<void> }): JSX.Element {
  const { of, reasons, reload } = props;
  const { hold } = of;
  return (
    <>
      {hold === null ? null : (
        <p class="panel" role="alert">
          {t("operator.held", { why: hold.why, by: hold.by })}
        </p>
      )}
      {of.current === null ? (
        <section class="panel" aria-label={t("operator.now")}>
          <Empty title={t("operator.idle")} next={of.next.length === 0 ? t("operator.nothing_next") : t("operator.idle_next")} />
        </section>
      ) : (
        <Current of={of.current} reasons={reasons} reload={reload} />
      )}
      <PresentStop of={of} reasons={reasons} reload={reload} />
      <Calls of={of} reasons={reasons} reload={reload} />
      <section aria-label={t("operator.coming")} data-section="coming">
        <h2>{t("operator.coming")}</h2>
        {of.next.length === 0 ? <p>{t("operator.nothing_next")}</p> : null}
        <ul class="station-coming">
          {of.next.map((each) => (
            <Coming key={each.run.job} of={each} reasons={reasons} reload={reload} busy={of.current !== null && each.run.way === "person"} />
          ))}
        </ul>
      </section>
      <Stops of={of} reasons={reasons} reload={reload} />
      {of.unbooked > 0 ? <p class="quiet">{t("operator.unbooked", { count: number(of.unbooked) })}</p> : null}
    </>
  );
}

export function StationPage(props: { rest: string }): JSX.Element {
  const machine = props.rest;
  const held = useResource(() => station(machine), [machine], EVERY_MS);
  const reasons = useResource(() => stopReasons(machine), [machine]).value ?? [];
  const state = held.state.value;
  return (
    <div class="planning station" data-machine={machine}>
      <div class="page-head">
        <h1>{t("operator.station", { machine })}</h1>
        <a class="button" href="/operator">
          {t("operator.all")}
        </a>
      </div>
      {state.status === "loading" ? <Loading rows={4} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void held.load()} /> : null}
      {state.status === "ready" ? <Shown of={state.value} reasons={reasons} reload={() => held.load()} /> : null}
    </div>
  );
}
