/** The own account: how one wants to be told, what one was told on the page, and the own passkeys. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { ContactForm } from "./contact.tsx";
import { Inbox } from "./inbox.tsx";
import { Passkeys } from "./passkeys.tsx";
import "../notifications/notifications.css";
import "./account.css";

export function AccountPage(_props: { rest: string }): JSX.Element {
  return (
    <div class="account">
      <div class="page-head">
        <h1>{t("account.title")}</h1>
      </div>
      <Inbox />
      <ContactForm />
      <Passkeys />
    </div>
  );
}
