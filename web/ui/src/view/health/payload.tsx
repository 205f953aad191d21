/** The kept bytes of a dead letter, as text, as JSON set out, and as hexadecimal digits. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { DeadLetter } from "../../data/rest/model.ts";
import { letterFile } from "../../data/rest/upkeep.ts";
import { t } from "../i18n/index.ts";
import { number } from "../parts/format.ts";

const FORMS = ["text", "json", "hex"] as const;
type Form = (typeof FORMS)[number];
const WIDTH = 16;
const MOST_HEX = 4_096;

const bytesOf = (letter: DeadLetter): Uint8Array => Uint8Array.from(atob(letter.payload), (c) => c.charCodeAt(0));

function hex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let i = 0; i < Math.min(bytes.length, MOST_HEX); i += WIDTH) {
    const row = [...bytes.subarray(i, i + WIDTH)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${i.toString(16).padStart(6, "0")}  ${digits.padEnd(WIDTH * 3 - 1)}  ${text}`);
  }
  if (bytes.length > MOST_HEX) lines.push(t("letter.more", { count: number(bytes.length - MOST_HEX) }));
  return lines.join("\n");
}

function shown(bytes: Uint8Array, form: Form): string {
  if (form === "hex") return hex(bytes);
  // What is not printable is shown as such: the bytes are a stranger's.
  const text = new TextDecoder().decode(bytes).replace(/[^\P{C}\n\t]/gu, "·");
  if (form === "text") return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    return t("letter.no_json", { why: error instanceof Error ? error.message : "" });
  }
}

export function PayloadDialog(props: { letter: DeadLetter; close: () => void }): JSX.Element {
  const { letter } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const [form, setForm] = useState<Form>("text");
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const bytes = bytesOf(letter);
  const heading = t("letter.heading", { id: letter.id, source: letter.source });
  return (
    <dialog ref={dialog} class="act-dialog act-wide" aria-label={heading} onClose={props.close}>
      <h2>{heading}</h2>
      <p>{letter.reason}</p>
      <div class="segments" role="group" aria-label={t("letter.form")}>
        {FORMS.map((each) => (
          <button key={each} type="button" aria-pressed={each === form} onClick={() => { setForm(each); }}>
            {t(`letter.form_${each}`)}
          </button>
        ))}
      </div>
      <pre class="letter-bytes" tabIndex={0} aria-label={t("letter.bytes")}>{shown(bytes, form)}</pre>
      <p class="quiet">
        {bytes.length < letter.payload_size
          ? t("letter.cut", { kept: number(bytes.length), size: number(letter.payload_size) })
          : t("health.bytes", { size: number(bytes.length) })}
      </p>
      <div class="buttons">
        <a class="button" href={letterFile(letter.id)} download>
          {t("letter.save")}
        </a>
        <button type="button" class="button" onClick={props.close}>
          {t("act.close")}
        </button>
      </div>
    </dialog>
  );
}
