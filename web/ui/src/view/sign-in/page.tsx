/** Everything before the page proper: sign in, set a password by a link, or become a display. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ApiError } from "../../data/rest/request.ts";
import { redeem, showDisplay, signIn } from "../../data/rest/session.ts";
import { t } from "../i18n/index.ts";
import { Acknowledge } from "./acknowledge.tsx";
import { Door, Field, text } from "./form.tsx";
import { saidBefore, Ways } from "./ways.tsx";

const LINK = /^#(tkl_[\w-]+)(?::([\w.@-]+))?$/;
const DISPLAY = /^#(tkt_[\w-]+)$/;
const ACKNOWLEDGE = /^#(tka_[\w.-]+)$/;

function SignIn(): JSX.Element {
  const withCode = useMemo(() => signal(false), []);
  const send = async (values: FormData): Promise<void> => {
    try {
      await signIn(text(values, "username"), text(values, "password"), text(values, "code"));
    } catch (error) {
      if (error instanceof ApiError && error.title === "Code needed" && !withCode.value) {
        withCode.value = true;
        requestAnimationFrame(() => document.getElementById("code")?.focus());
        return;
      }
      throw error;
    }
    // A new start: nothing of what was shown to somebody else stays.
    location.reload();
  };
  return (
    <Door title={t("sign_in.title")} button={t("sign_in.title")} send={send} below={<Ways />} before={before}>
      <Field id="username" label={t("sign_in.name")} type="text" autocomplete="username" />
      <Field id="password" label={t("sign_in.password")} type="password" autocomplete="current-password" />
      {withCode.value ? (
        <Field id="code" label={t("sign_in.code")} type="text" autocomplete="one-time-code" numeric />
      ) : null}
    </Door>
  );
}

function SetPassword(props: { readonly secret: string; readonly name: string }): JSX.Element {
  const send = async (values: FormData): Promise<void> => {
    const password = text(values, "password");
    if (password !== text(values, "again")) throw new ApiError(0, t("sign_in.differ"), "");
    await redeem(props.secret, props.name || text(values, "username"), password);
    location.replace("/");
  };
  return (
    <Door title={t("setup.title")} button={t("setup.save")} note={props.name === "" ? t("setup.note") : t("setup.note_for", { name: props.name })} send={send}>
      {props.name === "" ? (
        <Field id="username" label={t("sign_in.name")} type="text" autocomplete="username" hint={t("setup.name_hint")} />
      ) : null}
      <Field
        id="password"
        label={t("setup.password")}
        type="password"
        autocomplete="new-password"
        hint={t("setup.password_hint")}
      />
      <Field id="again" label={t("setup.again")} type="password" autocomplete="new-password" />
    </Door>
  );
}

function BecomeDisplay(props: { readonly token: string }): JSX.Element {
  const failure = useMemo(() => signal(""), []);
  useEffect(() => {
    showDisplay(props.token).then(
      (session) => {
        // A wall has no frame to press; how it looks stays in the address.
        location.replace(`/${session.page.replace(/^(?:board\/|(?=floor$|andon$))/, "kiosk/")}${location.search}`);
      },
      (error: unknown) => {
        failure.value = error instanceof Error ? error.message : String(error);
      },
    );
  }, []);
  return (
    <main id="main" class="door">
      <p class="panel" role="status">
        {failure.value === "" ? t("state.loading") : failure.value}
      </p>
    </main>
  );
}

/** The secret of a link stays in memory alone: it leaves the address before anything else happens. */
const hash = location.hash;
const before = saidBefore(hash);
const isSecret = (text: string): boolean => LINK.test(text) || DISPLAY.test(text) || ACKNOWLEDGE.test(text);
if (isSecret(hash) || before !== "") history.replaceState(null, "", location.pathname);

// A link opened where this page is open already only changes what follows #: begin anew with it.
addEventListener("hashchange", () => {
  if (isSecret(location.hash)) location.reload();
});

export function DoorPage(): JSX.Element {
  const link = LINK.exec(hash);
  if (link?.[1] !== undefined) return <SetPassword secret={link[1]} name={link[2] ?? ""} />;
  const acknowledging = ACKNOWLEDGE.exec(hash)?.[1];
  if (acknowledging !== undefined) return <Acknowledge secret={acknowledging} />;
  const token = DISPLAY.exec(hash)?.[1];
  return token === undefined ? <SignIn /> : <BecomeDisplay token={token} />;
}
