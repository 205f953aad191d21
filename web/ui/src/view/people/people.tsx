/** People who may sign in: add one, take the right to sign in, give a link for a new password. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { addPerson, people, resetPerson, setState, type Person } from "../../data/rest/people.ts";
import { t } from "../i18n/index.ts";
import { Field, text } from "../sign-in/form.tsx";
import { GrantFields, grantOf } from "./grant.tsx";
import { Quick, tell } from "./quick.tsx";

const ROLES = [
  "viewer",
  "operator",
  "supervisor",
  "maintenance",
  "quality",
  "production_manager",
  "sponsor",
  "administrator",
] as const;

const link = (path: string): string => t("people.link", { address: location.origin + path });

function standing(person: Person): string {
  if (person.from_provider && person.state === "active") return t("people.state.provider");
  return t(person.has_password || person.from_provider ? `people.state.${person.state}` : "people.state.waiting");
}

export function People(props: { readonly may: boolean }): JSX.Element {
  const rows = useMemo(() => signal<readonly Person[]>([]), []);
  const told = useMemo(() => signal(""), []);
  const load = async (): Promise<void> => {
    rows.value = await people();
  };
  const act = (work: () => Promise<string>): void => {
    void tell(told, async () => {
      const answer = await work();
      await load();
      return answer;
    });
  };
  useEffect(() => {
    act(async () => Promise.resolve(""));
  }, []);
  return (
    <section class="panel">
      <h2>{t("people.people")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("sign_in.name")}</th>
            <th scope="col">{t("people.roles")}</th>
            <th scope="col">{t("people.state")}</th>
            {props.may ? <th scope="col">{t("people.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {rows.value.map((each) => (
            <tr key={each.name} data-person={each.name}>
              <td>{each.name}</td>
              <td>{each.grants.join(", ")}</td>
              <td>{standing(each)}</td>
              {props.may ? (
                <td class="people-actions">
                  <button
                    type="button"
                    class="button"
                    onClick={() => {
                      act(async () => {
                        await setState(each.name, each.state === "active" ? "disabled" : "active");
                        return "";
                      });
                    }}
                  >
                    {t(each.state === "active" ? "people.disable" : "people.enable", { name: each.name })}
                  </button>
                  {each.from_provider ? null : (
                    <button
                      type="button"
                      class="button"
                      onClick={() => {
                        act(async () => link(await resetPerson(each.name)));
                      }}
                    >
                      {t("people.reset", { name: each.name })}
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
          button={t("people.add")}
          told={told}
          send={async (values) => {
            const path = await addPerson(text(values, "person"), [grantOf(values, "person")]);
            await load();
            return link(path);
          }}
        >
          <Field id="person" label={t("sign_in.name")} type="text" autocomplete="off" />
          <GrantFields of="person" roles={ROLES} />
        </Quick>
      ) : null}
    </section>
  );
}
