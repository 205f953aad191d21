/** What a list of issues is narrowed by in words: place, team, owner, text; every choice stands in the address. */

import type { JSX } from "preact";
import type { IssueFilter } from "../../data/rest/api.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { text } from "../sign-in/form.tsx";
import "../people/people.css";

const NAMES = ["asset", "team", "owner", "text"] as const;

/** The filter that this address asks for. */
export function wanted(): IssueFilter {
  const given = NAMES.map((name) => [name, query.value.get(name) ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

export function WordFilter(): JSX.Element {
  const asked = wanted();
  const submit = (form: HTMLFormElement): void => {
    const values = new FormData(form);
    const parts = NAMES.map((name) => [name, text(values, name).trim()] as const);
    go(withParts({ page: [], before: [], ...Object.fromEntries(parts.map(([name, value]) => [name, value === "" ? [] : [value]])) }));
  };
  return (
    <form
      key={JSON.stringify(asked)}
      class="quick"
      role="search"
      aria-label={t("issues.filter")}
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      {NAMES.map((name) => (
        <p key={name} class="field">
          <label for={`issues-${name}`}>{t(`issues.filter.${name}`)}</label>
          <input id={`issues-${name}`} name={name} type="text" maxLength={name === "text" || name === "asset" ? 200 : 64} autocomplete="off" defaultValue={asked[name] ?? ""} />
        </p>
      ))}
      <button type="submit" class="button">
        {t("issues.filter.apply")}
      </button>
      {Object.keys(asked).length === 0 ? null : (
        <a class="button" href={withParts(Object.fromEntries([...NAMES, "page", "before"].map((name) => [name, []])))}>
          {t("issues.filter.clear")}
        </a>
      )}
    </form>
  );
}
