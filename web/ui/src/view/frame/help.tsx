/** The keys, and the switch that turns single letters off. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t, type Key } from "../i18n/index.ts";
import { helpOpen, keysOn, setKeys } from "./keyboard.ts";

const KEYS: readonly (readonly [readonly string[], Key])[] = [
  [["/"], "help.search"],
  [["g", "f"], "help.floor"],
  [["g", "i"], "help.issues"],
  [["g", "e"], "help.explore"],
  [["g", "h"], "help.health"],
  [["?"], "help.help"],
  [["Esc"], "help.escape"],
];

export function Help(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const open = helpOpen.value;
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => (helpOpen.value = false)}>
      <h2 id="help-title">{t("help.title")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("help.key")}</th>
            <th scope="col">{t("help.action")}</th>
          </tr>
        </thead>
        <tbody>
          {KEYS.map(([keys, action]) => (
            <tr key={action}>
              <td>
                {keys.map((key, i) => (
                  <span key={key}>
                    {i > 0 ? ` ${t("help.then")} ` : null}
                    <kbd>{key}</kbd>
                  </span>
                ))}
              </td>
              <td>{t(action)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="check">
        <input
          type="checkbox"
          checked={keysOn.value}
          onChange={(event) => {
            setKeys(event.currentTarget.checked);
          }}
        />
        {t("help.keys")}: {keysOn.value ? t("help.keys_on") : t("help.keys_off")}
      </label>
      <button type="button" class="button" onClick={() => (helpOpen.value = false)}>
        {t("help.close")}
      </button>
    </dialog>
  );
}
