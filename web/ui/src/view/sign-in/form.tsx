/** A form for secrets: it sends once, says what is wrong, and keeps nothing. */

import { signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ApiError } from "../../data/rest/request.ts";
import { t } from "../i18n/index.ts";
import "./sign-in.css";

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly type: "text" | "password";
  readonly autocomplete: string;
  readonly hint?: string;
  readonly numeric?: boolean;
}

export function Field(props: FieldProps): JSX.Element {
  const hint = `${props.id}-hint`;
  const common = {
    id: props.id,
    name: props.id,
    autocomplete: props.autocomplete,
    autocapitalize: "none",
    spellcheck: false,
    required: true,
    maxLength: 128,
    inputMode: props.numeric === true ? "numeric" : "text",
    "aria-describedby": props.hint === undefined ? undefined : hint,
  } as const;
  return (
    <p class="field">
      <label for={props.id}>{props.label}</label>
      {props.type === "password" ? <input {...common} type="password" /> : <input {...common} type="text" />}
      {props.hint === undefined ? null : (
        <span id={hint} class="note">
          {props.hint}
        </span>
      )}
    </p>
  );
}

interface Props {
  readonly title: string;
  readonly button: string;
  readonly note?: string;
  readonly send: (values: FormData) => Promise<void>;
  readonly children: ComponentChildren;
  /** What stands below the button. */
  readonly below?: ComponentChildren;
  /** What went wrong before this form was shown. */
  readonly before?: string;
}

export function Door(props: Props): JSX.Element {
  const mistake = useMemo(() => signal(props.before ?? ""), []);
  const sending = useMemo(() => signal(false), []);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    document.title = `${props.title} – ${t("app.name")}`;
    form.current?.querySelector("input")?.focus();
  }, [props.title]);
  const submit = async (): Promise<void> => {
    if (form.current === null || sending.value) return;
    sending.value = true;
    mistake.value = "";
    try {
      await props.send(new FormData(form.current));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      mistake.value = error.message;
    } finally {
      sending.value = false;
    }
  };
  return (
    <main id="main" class="door">
      <form
        ref={form}
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p class="door-brand">
          <svg viewBox="0 0 32 20" aria-hidden="true" focusable="false">
            <path d="M1 13h7l4-11 6 16 4-9h9" />
          </svg>
          {t("app.name")}
        </p>
        <h1>{props.title}</h1>
        {props.note === undefined ? null : <p class="note">{props.note}</p>}
        {props.children}
        <p class="mistake" role="alert">
          {mistake.value}
        </p>
        <button type="submit" class="button" disabled={sending.value}>
          {t(sending.value ? "sign_in.sending" : "sign_in.send", { what: props.button })}
        </button>
        {props.below}
      </form>
    </main>
  );
}

export function text(values: FormData, name: string): string {
  const value = values.get(name);
  return typeof value === "string" ? value : "";
}
