/** The keys, the switch that turns single letters off, and how values are shown to this person. */

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t, type Key } from "../i18n/index.ts";
import { helpOpen, keysOn, setKeys } from "./keyboard.ts";
import { PLACES } from "./places.ts";
import { Settings } from "./settings.tsx";

interface Shown {
  readonly keys: readonly string[];
  readonly what: string;
}

function shown(): Shown[] {
  const single = (key: string, what: Key): Shown => ({ keys: [key], what: t(what) });
  return [
    single("/", "help.search"),
    ...PLACES.flatMap((place) =>
      place.key === undefined ? [] : [{ keys: ["g", place.key], what: t("help.go", { place: t(place.title) }) }],
    ),
    single("?", "help.help"),
    single("Esc", "help.escape"),
  ];
}

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
          {shown().map(({ keys, what }) => (
            <tr key={what}>
              <td>
                {keys.map((key, i) => (
                  <span key={key}>
                    {i > 0 ? ` ${t("help.then")} ` : null}
                    <kbd>{key}</kbd>
                  </span>
                ))}
              </td>
              <td>{what}</td>
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
      <Settings />
      <button type="button" class="button" onClick={() => (helpOpen.value = false)}>
        {t("help.close")}
      </button>
    </dialog>
  );
}
