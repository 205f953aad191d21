/** What is done on a work order: checklist, working time, parts, downtime, notes. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { addLabour, addNote, addPart, setDowntime, tick } from "../../data/rest/maintenance.ts";
import { t } from "../i18n/index.ts";
import { serverClock } from "../live/session.ts";
import { age } from "../parts/format.ts";
import { Quick } from "../people/quick.tsx";
import { Field, text } from "../sign-in/form.tsx";
import { act, type WorkProps } from "./actions.tsx";
import { moment } from "./table.tsx";

const ENDED: readonly string[] = ["closed", "rejected"];

export function Checklist(props: WorkProps): JSX.Element | null {
  const { order } = props;
  if (order.checklist.length === 0) return null;
  const fixed = !props.maySay || order.state === "complete" || ENDED.includes(order.state);
  return (
    <section class="panel" aria-label={t("work.checklist")} data-section="checklist">
      <h2>{t("work.checklist")}</h2>
      <ul class="checklist">
        {order.checklist.map((item, at) => (
          <li key={at}>
            <label>
              <input
                type="checkbox"
                checked={item.done}
                disabled={fixed}
                onChange={(event) => {
                  const done = event.currentTarget.checked;
                  void act(props, () => tick(order, at, done));
                }}
              />
              {item.text}
            </label>
            {item.done ? <span class="quiet">{t("work.checklist_by", { name: item.by })}</span> : null}
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Labour(props: WorkProps): JSX.Element {
  const { order } = props;
  const told = useMemo(() => signal(""), []);
  return (
    <section class="panel" aria-label={t("work.labour")} data-section="labour">
      <h2>{t("work.labour")}</h2>
      {order.labour.length === 0 ? <p class="quiet">{t("work.labour_empty")}</p> : null}
      <ul>
        {order.labour.map((each, at) => (
          <li key={at}>
            {each.person}: {t("work.minutes", { n: each.minutes })} <span class="quiet">{each.note}</span>
          </li>
        ))}
      </ul>
      {props.mayWork && !ENDED.includes(order.state) ? (
        <Quick
          button={t("work.labour_add")}
          told={told}
          send={async (values) => {
            await addLabour(order, Number(text(values, "labour-minutes")), text(values, "labour-note"));
            props.changed();
            return t("work.saved");
          }}
        >
          <Field id="labour-minutes" label={t("work.labour_minutes")} type="text" autocomplete="off" numeric />
          <p class="field">
            <label for="labour-note">{t("work.labour_note")}</label>
            <input id="labour-note" name="labour-note" type="text" maxLength={500} autocomplete="off" />
          </p>
        </Quick>
      ) : null}
    </section>
  );
}

export function Parts(props: WorkProps): JSX.Element {
  const { order } = props;
  const told = useMemo(() => signal(""), []);
  return (
    <section class="panel" aria-label={t("work.parts")} data-section="parts">
      <h2>{t("work.parts")}</h2>
      {order.parts.length === 0 ? <p class="quiet">{t("work.parts_empty")}</p> : null}
      <ul>
        {order.parts.map((each, at) => (
          <li key={at}>
            {each.quantity} × {each.part}
          </li>
        ))}
      </ul>
      {props.mayWork && !ENDED.includes(order.state) ? (
        <Quick
          button={t("work.part_add")}
          told={told}
          send={async (values) => {
            await addPart(order, text(values, "part"), Number(text(values, "quantity")));
            props.changed();
            return t("work.saved");
          }}
        >
          <Field id="part" label={t("work.part")} type="text" autocomplete="off" />
          <Field id="quantity" label={t("work.quantity")} type="text" autocomplete="off" numeric />
        </Quick>
      ) : null}
    </section>
  );
}

export function Downtime(props: WorkProps): JSX.Element {
  const { order } = props;
  const { downtime_start_ms: start, downtime_end_ms: end } = order;
  const now = (): number => serverClock.now();
  return (
    <section class="panel" aria-label={t("work.downtime")} data-section="downtime">
      <h2>{t("work.downtime")}</h2>
      {start === null ? <p class="quiet">{t("work.downtime_none")}</p> : null}
      {start !== null && end === null ? <p>{t("work.downtime_since", { start: moment(start) })}</p> : null}
      {start !== null && end !== null ? (
        <p>{t("work.downtime_span", { start: moment(start), end: moment(end), length: age(end - start) })}</p>
      ) : null}
      {props.mayWork && start === null ? (
        <button type="button" class="button" onClick={() => void act(props, () => setDowntime(order, now(), null))}>
          {t("work.downtime_start")}
        </button>
      ) : null}
      {props.mayWork && start !== null && end === null ? (
        <button type="button" class="button" onClick={() => void act(props, () => setDowntime(order, start, now()))}>
          {t("work.downtime_end")}
        </button>
      ) : null}
    </section>
  );
}

export function Notes(props: WorkProps): JSX.Element | null {
  const told = useMemo(() => signal(""), []);
  if (!props.maySay) return null;
  return (
    <section class="panel" aria-label={t("work.notes")} data-section="notes">
      <h2>{t("work.notes")}</h2>
      <Quick
        button={t("work.note_add")}
        told={told}
        send={async (values) => {
          await addNote(props.order, text(values, "work-note"));
          props.changed();
          return t("work.saved");
        }}
      >
        <p class="field work-description">
          <label for="work-note">{t("work.notes")}</label>
          <textarea id="work-note" name="work-note" rows={2} maxLength={4000} required />
        </p>
      </Quick>
    </section>
  );
}
