/** What a person does about the selected alarms: one answer, one reason, sent once to each, never kept for later. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { answer, type Alarm, type Answer, type Shelve } from "../../data/rest/alarms.ts";
import { t, type Key } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { who } from "../live/who.ts";
import type { Tab } from "./sort.ts";

const MOST_CHARACTERS = 1_000;
const REASON_CHARACTERS = 3;
const ACKNOWLEDGE: readonly Answer[] = ["acknowledge", "confirm", "reset"];
const REASONED: readonly Answer[] = ["shelve", "suppress", "unsuppress", "out-of-service", "in-service"];
const IN_TAB: Readonly<Record<Tab, readonly Answer[]>> = {
  active: ["acknowledge", "confirm", "reset", "shelve", "suppress", "out-of-service"],
  shelved: ["unshelve", "suppress", "out-of-service"],
  suppressed: ["unsuppress"],
  out: ["in-service"],
  history: [],
  figures: [],
};
const SHELVINGS = ["900", "1800", "3600", "14400", "28800", "one_shot"] as const;
type ShelfTime = (typeof SHELVINGS)[number];

/** What this person may do in a tab; what the gateway would refuse is not offered. */
export function offered(tab: Tab): readonly Answer[] {
  const rights = who.value?.rights ?? [];
  return IN_TAB[tab].filter((each) => rights.includes(ACKNOWLEDGE.includes(each) ? "alarm.acknowledge" : "alarm.shelve"));
}

function shelfOf(what: Answer, time: ShelfTime): Shelve | null {
  if (what !== "shelve") return null;
  return time === "one_shot" ? { how: "one_shot", for_s: null } : { how: "timed", for_s: Number(time) };
}

interface FormProps {
  readonly choices: readonly Answer[];
  readonly text: Signal<string>;
  readonly time: Signal<ShelfTime>;
  readonly mistake: Signal<Key | null>;
  readonly off: boolean;
  readonly count: number;
  readonly send: (what: Answer) => Promise<void>;
}

function Form(props: FormProps): JSX.Element {
  const { choices, text, time, mistake, off, count } = props;
  const optional = choices.some((each) => !REASONED.includes(each));
  return (
    <>
      <label for="alarm-reason">{t(optional ? "alarms.note" : "alarms.reason")}</label>
      <input
        id="alarm-reason"
        type="text"
        maxLength={MOST_CHARACTERS}
        value={text.value}
        aria-invalid={mistake.value !== null}
        aria-describedby={mistake.value === null ? undefined : "alarm-mistake"}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          mistake.value = null;
        }}
      />
      {mistake.value === null ? null : (
        <p id="alarm-mistake" class="mistake" role="alert">
          {t(mistake.value)}
        </p>
      )}
      {choices.includes("shelve") ? (
        <>
          <label for="alarm-for">{t("alarms.for")}</label>
          <select
            id="alarm-for"
            value={time.value}
            onChange={(event) => {
              time.value = SHELVINGS.find((each) => each === event.currentTarget.value) ?? "900";
            }}
          >
            {SHELVINGS.map((each) => (
              <option key={each} value={each}>
                {t(`alarms.for.${each}`)}
              </option>
            ))}
          </select>
        </>
      ) : null}
      <div class="buttons">
        {choices.map((what) => (
          <button
            key={what}
            type="button"
            class="button"
            data-answer={what}
            disabled={off}
            onClick={() => {
              void props.send(what);
            }}
          >
            {t("alarms.send", { what: t(`alarms.do.${what}`), count })}
          </button>
        ))}
      </div>
    </>
  );
}

interface Props {
  readonly tab: Tab;
  readonly chosen: readonly Alarm[];
  readonly done: (answered: readonly number[]) => void;
}

export function AnswerBar(props: Props): JSX.Element | null {
  const { tab, chosen } = props;
  const text = useMemo(() => signal(""), []);
  const time = useMemo(() => signal<ShelfTime>("900"), []);
  const mistake = useMemo(() => signal<Key | null>(null), []);
  const told = useMemo(() => signal(""), []);
  const sending = useMemo(() => signal(false), []);
  const choices = offered(tab);
  const send = async (what: Answer): Promise<void> => {
    const said = text.value.trim();
    mistake.value = REASONED.includes(what) && said.length < REASON_CHARACTERS ? "alarms.reason_needed" : null;
    if (mistake.value !== null) {
      document.getElementById("alarm-reason")?.focus();
      return;
    }
    sending.value = true;
    const answered: number[] = [];
    const refused: (readonly [number, string])[] = [];
    for (const alarm of chosen) {
      told.value = t("alarms.sending", { done: answered.length + refused.length, count: chosen.length });
      try {
        await answer(alarm.number, what, said, shelfOf(what, time.value));
        answered.push(alarm.number);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        refused.push([alarm.number, error.message]);
      }
    }
    const words = { what: t(`alarms.do.${what}`), done: answered.length, count: answered.length };
    const first = refused[0];
    told.value =
      first === undefined
        ? t("alarms.done", words)
        : t("alarms.failed", { ...words, failed: refused.length, number: first[0], error: first[1] });
    if (first === undefined) text.value = "";
    sending.value = false;
    props.done(answered);
  };
  if (choices.length === 0) return <p class="note">{t("alarms.may_not")}</p>;
  const off = phase.value !== "live" || sending.value || chosen.length === 0;
  return (
    <section class="panel alarm-answer" aria-label={t("alarms.answer")}>
      <p class="alarm-selected">
        <b>{t("alarms.selected", { count: chosen.length })}</b>{" "}
        <span class="quiet">
          {phase.value === "live" ? (chosen.length === 0 ? t("alarms.choose") : "") : t("alarms.disconnected")}
        </span>
      </p>
      {chosen.length === 0 ? null : <Form {...{ choices, text, time, mistake, off, send, count: chosen.length }} />}
      <p role="status" class="action-result">
        {told.value}
      </p>
    </section>
  );
}
