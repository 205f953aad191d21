/** A link of a message opened on a phone: it says what it is about, and acknowledges by one press. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { acknowledgeByLink, lookAtLink, type LinkOffer } from "../../data/rest/notify.ts";
import { t } from "../i18n/index.ts";
import { Door } from "./form.tsx";

function Said(props: { readonly text: string; readonly role: "status" | "alert" }): JSX.Element {
  return (
    <main id="main" class="door">
      <div class="panel">
        <p role={props.role}>{props.text}</p>
        <p>
          <a href="/">{t("acknowledge.open")}</a>
        </p>
      </div>
    </main>
  );
}

export function Acknowledge(props: { readonly secret: string }): JSX.Element {
  const offer = useMemo(() => signal<LinkOffer | null>(null), []);
  const failure = useMemo(() => signal(""), []);
  const done = useMemo(() => signal(""), []);
  useEffect(() => {
    lookAtLink(props.secret).then(
      (found) => {
        offer.value = found;
        done.value = found.done;
      },
      (error: unknown) => {
        failure.value = error instanceof Error ? error.message : String(error);
      },
    );
  }, []);
  if (failure.value !== "") return <Said text={failure.value} role="alert" />;
  if (done.value !== "") return <Said text={done.value} role="status" />;
  const found = offer.value;
  if (found === null) return <Said text={t("state.loading")} role="status" />;
  return (
    <Door
      title={t("acknowledge.title", { number: found.issue })}
      button={t("acknowledge.button")}
      note={t("acknowledge.as", { person: found.person })}
      send={async () => {
        await acknowledgeByLink(props.secret);
        done.value = t("acknowledge.done", { number: found.issue });
      }}
    >
      <p class="acknowledge-what">{t("acknowledge.what", { severity: t(`severity.${found.severity}`), title: found.title })}</p>
      <p class="quiet">{t("acknowledge.where", { asset: found.asset })}</p>
    </Door>
  );
}
