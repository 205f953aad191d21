/** Which role somebody or something is given, and in which part of the plant it holds. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { text } from "../sign-in/form.tsx";

export type Role = "machine" | "viewer" | "operator" | "supervisor" | "maintenance" | "quality" | "production_manager" | "sponsor" | "administrator";

/** `of` is who is given it: it keeps the fields of two forms on one page apart. */
export function GrantFields(props: { readonly of: string; readonly roles: readonly Role[] }): JSX.Element {
  const role = `${props.of}-role`;
  const zone = `${props.of}-zone`;
  return (
    <>
      <p class="field">
        <label for={role}>{t("people.role")}</label>
        <select id={role} name={role}>
          {props.roles.map((each) => (
            <option key={each} value={each}>
              {t(`people.role.${each}`)}
            </option>
          ))}
        </select>
      </p>
      <p class="field">
        <label for={zone}>{t("people.zone")}</label>
        <input id={zone} name={zone} type="text" autocomplete="off" maxLength={200} aria-describedby={`${zone}-hint`} />
        <span id={`${zone}-hint`} class="note">
          {t("people.zone_hint")}
        </span>
      </p>
    </>
  );
}

/** The grant that was chosen, as the gateway reads it: a role, and after an @ its place where it has one. */
export function grantOf(values: FormData, of: string): string {
  const zone = text(values, `${of}-zone`).trim();
  const role = text(values, `${of}-role`);
  return zone === "" ? role : `${role}@${zone}`;
}
