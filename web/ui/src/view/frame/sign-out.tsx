/** Who is signed in, and the way out; nothing where this gateway asks nobody to sign in. */

import type { JSX } from "preact";
import { signOut } from "../../data/rest/session.ts";
import { t } from "../i18n/index.ts";
import { signedOut, who } from "../live/who.ts";

export function SignOut(): JSX.Element | null {
  const me = who.value;
  if (me === null || me.sign_in === "off" || me.kind !== "person") return null;
  return (
    <div class="me">
      <a href="/admin">{me.name}</a>
      <button
        type="button"
        class="button sign-out"
        onClick={() => {
          // Signed out or not reached: this page shows nothing more either way.
          void signOut(me.provider)
            .then((url) => {
              if (url !== "") location.assign(url);
            })
            .finally(signedOut);
        }}
      >
        {t("sign_in.out")}
      </button>
    </div>
  );
}
