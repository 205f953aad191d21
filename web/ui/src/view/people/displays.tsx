/** Displays: browsers on a wall that draw one page and may do nothing else. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { addDisplay, revoke, tokens, type Token } from "../../data/rest/people.ts";
import { t } from "../i18n/index.ts";
import { serverClock, zone } from "../live/session.ts";
import { Field, text } from "../sign-in/form.tsx";
import { Quick, tell } from "./quick.tsx";

function ended(token: Token): boolean {
  return token.revoked_ms !== null || token.expires_ms <= serverClock.now();
}

export function Displays(props: { readonly may: boolean }): JSX.Element {
  const rows = useMemo(() => signal<readonly Token[]>([]), []);
  const told = useMemo(() => signal(""), []);
  const load = async (): Promise<string> => {
    rows.value = await tokens();
    return "";
  };
  useEffect(() => {
    void tell(told, load);
  }, []);
  return (
    <section class="panel">
      <h2>{t("people.displays")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("sign_in.name")}</th>
            <th scope="col">{t("people.page")}</th>
            <th scope="col">{t("people.until")}</th>
            {props.may ? <th scope="col">{t("people.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {rows.value.map((each) => (
            <tr key={each.id}>
              <td>{each.name}</td>
              <td>{each.kind === "display" ? each.page : t("people.service")}</td>
              <td>{ended(each) ? t("people.ended") : zone.value.format(each.expires_ms, "full")}</td>
              {props.may ? (
                <td>
                  {ended(each) ? null : (
                    <button
                      type="button"
                      class="button"
                      onClick={() => {
                        void tell(told, async () => {
                          await revoke(each.id);
                          return load();
                        });
                      }}
                    >
                      {t("people.revoke", { name: each.name })}
                    </button>
                  )}
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
      {props.may ? (
        <Quick
          button={t("people.add_display")}
          told={told}
          send={async (values) => {
            const made = await addDisplay(text(values, "display"), text(values, "page").trim());
            await load();
            return t("people.open", { address: `${location.origin}/setup#${made.secret ?? ""}` });
          }}
        >
          <Field id="display" label={t("sign_in.name")} type="text" autocomplete="off" />
          <Field id="page" label={t("people.page")} type="text" autocomplete="off" hint={t("people.page_hint")} />
        </Quick>
      ) : null}
    </section>
  );
}
