/** The ways in beside name and password, where this gateway has any. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { canUse, signInByPasskey, ways, type Ways as Found } from "../../data/rest/passkeys.ts";
import { ApiError } from "../../data/rest/request.ts";
import { t } from "../i18n/index.ts";

const SAID = /^#sign-in:(refused|wait|away)$/;

/** Why the way through the provider led back to this form; empty where it did not. */
export function saidBefore(hash: string): string {
  const word = SAID.exec(hash)?.[1];
  return word === undefined ? "" : t(`ways.${word as "refused" | "wait" | "away"}`);
}

function PasskeyButton(): JSX.Element {
  const told = useMemo(() => signal(""), []);
  const use = async (): Promise<void> => {
    told.value = "";
    try {
      await signInByPasskey();
      location.reload();
    } catch (error) {
      if (error instanceof DOMException) told.value = t("ways.stopped");
      else if (error instanceof ApiError) told.value = error.message;
      else throw error;
    }
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void use()}>
        {t("ways.passkey")}
      </button>
      {told.value === "" ? null : <p role="alert">{told.value}</p>}
    </>
  );
}

export function Ways(): JSX.Element | null {
  const found = useMemo(() => signal<Found | null>(null), []);
  useEffect(() => {
    ways().then(
      (answer) => {
        found.value = answer;
      },
      (error: unknown) => {
        // Name and password go on working; what else there is cannot be told now.
        if (!(error instanceof ApiError)) throw error;
      },
    );
  }, []);
  const there = found.value;
  if (there === null) return null;
  const passkeys = canUse(there.passkeys_at);
  if (there.provider === "" && !passkeys) return null;
  return (
    <div class="ways">
      <p class="quiet">{t("ways.or")}</p>
      {there.provider === "" ? null : (
        <a class="button" href="/api/v1/session/provider">
          {t("ways.provider", { label: there.provider })}
        </a>
      )}
      {passkeys ? <PasskeyButton /> : null}
    </div>
  );
}
