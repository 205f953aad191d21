/** The own passkeys: which there are, a new one, and the end of one. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { addPasskey, canUse, passkeys, removePasskey, ways, type Passkey } from "../../data/rest/passkeys.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { who } from "../live/who.ts";
import { Quick, tell } from "../people/quick.tsx";
import { Field, text } from "../sign-in/form.tsx";
import "../people/people.css";

function Kept(props: { keys: readonly Passkey[]; end: (key: Passkey) => void }): JSX.Element {
  return (
    <ul class="passkeys">
      {props.keys.map((key) => (
        <li key={key.id} data-passkey={key.label}>
          <span>
            {t("passkeys.kept", { label: key.label, time: zone.value.format(key.created_ms, "full") })}{" "}
            <span class="quiet">
              {key.used_ms === null ? t("passkeys.unused") : t("passkeys.used", { time: zone.value.format(key.used_ms, "full") })}
            </span>
          </span>
          <button
            type="button"
            class="small-button"
            onClick={() => {
              props.end(key);
            }}
          >
            {t("passkeys.remove", { label: key.label })}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** What a device says without saying why: the person stopped it, took too long, or has this one already. */
async function made(label: string, password: string): Promise<string> {
  try {
    await addPasskey(label, password);
    return t("passkeys.added", { label });
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return t(error.name === "InvalidStateError" ? "passkeys.already" : "passkeys.stopped");
  }
}

export function Passkeys(): JSX.Element | null {
  const at = useMemo(() => signal<string | null>(null), []);
  const keys = useMemo(() => signal<readonly Passkey[]>([]), []);
  const told = useMemo(() => signal(""), []);
  const load = async (): Promise<void> => {
    keys.value = await passkeys();
  };
  const me = who.value;
  const mine = me !== null && me.sign_in !== "off" && me.kind === "person";
  useEffect(() => {
    if (!mine) return;
    void tell(told, async () => {
      at.value = (await ways()).passkeys_at;
      if (at.value !== "") await load();
      return "";
    });
  }, [mine]);
  if (!mine) return null;
  if (at.value === null) return told.value === "" ? null : <p class="panel" role="status">{told.value}</p>;
  const usable = canUse(at.value);
  return (
    <section class="panel" data-section="passkeys">
      <h2>{t("passkeys.title")}</h2>
      <p class="quiet">{at.value === "" ? t("passkeys.nowhere") : t("passkeys.why")}</p>
      {at.value !== "" && !usable ? <p>{t("passkeys.elsewhere", { address: at.value })}</p> : null}
      <Kept
        keys={keys.value}
        end={(key) => {
          void tell(told, async () => {
            await removePasskey(key.id);
            await load();
            return t("passkeys.removed", { label: key.label });
          });
        }}
      />
      {usable ? (
        <Quick
          button={t("passkeys.add")}
          told={told}
          send={async (values) => {
            const said = await made(text(values, "passkey-label"), text(values, "passkey-password"));
            await load();
            return said;
          }}
        >
          <Field id="passkey-label" label={t("passkeys.label")} type="text" autocomplete="off" hint={t("passkeys.label_hint")} />
          <Field id="passkey-password" label={t("passkeys.password")} type="password" autocomplete="current-password" />
        </Quick>
      ) : (
        <p role="status" class="told">
          {told.value}
        </p>
      )}
    </section>
  );
}
