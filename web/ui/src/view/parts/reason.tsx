/** Asks for a reason before something is done that others will want to understand. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/index.ts";

export function ReasonDialog(props: { heading: string; act: string; send: (reason: string) => Promise<void>; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState("");
  const [told, setTold] = useState("");
  const [sending, setSending] = useState(false);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="act-dialog" aria-label={props.heading} onClose={props.close}>
      <h2>{props.heading}</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setSending(true);
          props.send(reason).then(props.close, (error: unknown) => {
            setTold(error instanceof Error ? error.message : String(error));
            setSending(false);
          });
        }}
      >
        <label class="act-field">
          <span>{t("act.reason")}</span>
          <textarea rows={3} required maxLength={1_000} value={reason} onInput={(event) => { setReason(event.currentTarget.value); }} />
        </label>
        <p role="status">{told}</p>
        <div class="buttons">
          <button type="submit" class="button" disabled={sending || reason.trim() === ""}>
            {props.act}
          </button>
          <button type="button" class="button" onClick={props.close}>
            {t("act.cancel")}
          </button>
        </div>
      </form>
    </dialog>
  );
}
