/** What a person does about an issue: acknowledge, comment, reject with a reason. Sent once, never kept for later. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { acknowledge, comment, reject } from "../../data/rest/api.ts";
import type { Issue } from "../../data/rest/model.ts";
import { t, type Key } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { ended } from "./order.ts";

const MOST_CHARACTERS = 4_000;
const REASON_CHARACTERS = 3;

interface FormProps {
  readonly name: "acknowledge" | "comment" | "reject";
  readonly label: Key;
  readonly button: Key;
  readonly wrong: (text: string) => Key | null;
  readonly send: (text: string) => Promise<unknown>;
  readonly done: () => void;
  readonly result: Signal<string>;
}

function ActionForm(props: FormProps): JSX.Element {
  const text = useMemo(() => signal(""), []);
  const mistake = useMemo(() => signal<Key | null>(null), []);
  const sending = useMemo(() => signal(false), []);
  const id = `issue-${props.name}`;
  const submit = async (): Promise<void> => {
    mistake.value = props.wrong(text.value.trim());
    if (mistake.value !== null) {
      document.getElementById(id)?.focus();
      return;
    }
    sending.value = true;
    props.result.value = "";
    try {
      await props.send(text.value.trim());
      text.value = "";
      props.result.value = t(`issue.done.${props.name}`);
      props.done();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      props.result.value = t("issue.failed", { error: error.message });
    } finally {
      sending.value = false;
    }
  };
  return (
    <form
      class="action"
      data-action={props.name}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (phase.value === "live" && !sending.value) void submit();
      }}
    >
      <label for={id}>{t(props.label)}</label>
      <textarea
        id={id}
        rows={2}
        maxLength={MOST_CHARACTERS}
        value={text.value}
        aria-invalid={mistake.value !== null}
        aria-describedby={mistake.value === null ? undefined : `${id}-mistake`}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          mistake.value = null;
        }}
      />
      {mistake.value === null ? null : (
        <p id={`${id}-mistake`} class="mistake" role="alert">
          {t(mistake.value)}
        </p>
      )}
      <button type="submit" class="button" disabled={phase.value !== "live" || sending.value}>
        {t(sending.value ? "issue.sending" : props.button)}
      </button>
    </form>
  );
}

export function Actions(props: { issue: Issue; changed: () => void }): JSX.Element {
  const { issue, changed } = props;
  const result = useMemo(() => signal(""), []);
  const common = { done: changed, result };
  return (
    <section class="panel">
      <h2>{t("issue.actions")}</h2>
      {phase.value === "live" ? null : <p class="note">{t("issue.disconnected")}</p>}
      <p role="status" class="action-result">
        {result.value}
      </p>
      {issue.state === "open" || issue.state === "reopened" ? (
        <ActionForm
          name="acknowledge"
          label="issue.note"
          button="issue.acknowledge"
          wrong={() => null}
          send={(text) => acknowledge(issue.number, text)}
          {...common}
        />
      ) : null}
      <ActionForm
        name="comment"
        label="issue.comment"
        button="issue.comment_send"
        wrong={(text) => (text === "" ? "issue.comment_needed" : null)}
        send={(text) => comment(issue.number, text)}
        {...common}
      />
      <p class="quiet">{t("issue.comment_hint")}</p>
      {ended(issue) ? (
        <p class="quiet">{t("issue.is_ended")}</p>
      ) : (
        <ActionForm
          name="reject"
          label="issue.reason"
          button="issue.reject"
          wrong={(text) => (text.length < REASON_CHARACTERS ? "issue.reason_needed" : null)}
          send={(text) => reject(issue.number, text)}
          {...common}
        />
      )}
    </section>
  );
}
