/** Work orders of a CMMS from a file: tried first with every mistake told, then taken whole; twice is the same as once. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { importOrders, type Imported } from "../../data/rest/maintenance.ts";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";

const MOST_SHOWN = 100;

function Mistakes(props: { of: Imported }): JSX.Element {
  const { mistakes } = props.of;
  return (
    <>
      <p role="alert">{t("work.import.mistakes", { n: mistakes.length })}</p>
      <ol class="import-mistakes">
        {mistakes.slice(0, MOST_SHOWN).map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ol>
      {mistakes.length > MOST_SHOWN ? <p class="quiet">{t("work.import.more", { n: mistakes.length - MOST_SHOWN })}</p> : null}
    </>
  );
}

export function ImportForm(props: { done: () => void }): JSX.Element {
  const file = useMemo(() => signal<File | null>(null), []);
  const found = useMemo(() => signal<Imported | null>(null), []);
  const told = useMemo(() => signal(""), []);
  const busy = useMemo(() => signal(false), []);
  const input = useRef<HTMLInputElement>(null);
  const run = async (dry: boolean): Promise<void> => {
    const chosen = file.peek();
    if (chosen === null || busy.peek()) return;
    busy.value = true;
    told.value = "";
    try {
      const answer = await importOrders(chosen, dry);
      found.value = dry ? answer : null;
      const counts = { created: answer.created, changed: answer.changed, unchanged: answer.unchanged };
      if (dry) told.value = answer.mistakes.length > 0 ? "" : t("work.import.would", counts);
      else {
        told.value = t("work.import.done", counts);
        file.value = null;
        if (input.current !== null) input.current.value = "";
        props.done();
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      told.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  const ready = found.value !== null && found.value.mistakes.length === 0;
  return (
    <section class="panel" aria-label={t("work.import")} data-section="import">
      <h2>{t("work.import")}</h2>
      <p class="quiet">{t("work.import.lead")}</p>
      <p class="field">
        <label for="work-file">{t("work.import.file")}</label>
        <input
          ref={input}
          id="work-file"
          type="file"
          accept=".csv,.xlsx"
          disabled={busy.value}
          onChange={(event) => {
            file.value = event.currentTarget.files?.[0] ?? null;
            found.value = null;
            void run(true);
          }}
        />
      </p>
      {found.value === null || ready ? null : <Mistakes of={found.value} />}
      <p role="status" class="told">
        {told.value}
      </p>
      <button type="button" class="button" disabled={!ready || busy.value || phase.value !== "live"} onClick={() => void run(false)}>
        {t("work.import.do")}
      </button>
    </section>
  );
}
