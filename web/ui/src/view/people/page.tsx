/** The own account, and for those who may: people and displays. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { changePassword } from "../../data/rest/people.ts";
import { t } from "../i18n/index.ts";
import { signedOut, who } from "../live/who.ts";
import { Field, text } from "../sign-in/form.tsx";
import { Codes } from "./codes.tsx";
import { Displays } from "./displays.tsx";
import { People } from "./people.tsx";
import { Quick } from "./quick.tsx";
import "./people.css";

function Account(): JSX.Element {
  const told = useMemo(() => signal(""), []);
  return (
    <section class="panel">
      <h2>{t("people.account")}</h2>
      <Quick
        button={t("people.change_password")}
        told={told}
        send={async (values) => {
          await changePassword(text(values, "old"), text(values, "new"));
          signedOut();
          return "";
        }}
      >
        <Field id="old" label={t("sign_in.password")} type="password" autocomplete="current-password" />
        <Field
          id="new"
          label={t("setup.password")}
          type="password"
          autocomplete="new-password"
          hint={t("setup.password_hint")}
        />
      </Quick>
      <Codes />
    </section>
  );
}

export function PeoplePage(): JSX.Element {
  const me = who.value;
  const rights = me?.rights ?? [];
  const may = rights.includes("users.approve");
  return (
    <>
      <div class="page-head">
        <h1>{t("people.title")}</h1>
      </div>
      <div class="people">
        {me?.sign_in === "off" ? <p class="note">{t("people.off")}</p> : <Account />}
        {rights.includes("users.read") ? <People may={may} /> : null}
        {rights.includes("users.read") ? <Displays may={may} /> : null}
      </div>
    </>
  );
}
