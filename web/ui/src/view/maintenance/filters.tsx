/** What the lists of work orders are narrowed by; every choice stands in the address. */

import type { JSX } from "preact";
import { KINDS, WORK_STATES, type WorkState } from "../../data/rest/maintenance.ts";
import type { Query } from "../../data/rest/request.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { text } from "../sign-in/form.tsx";

const LIVING: readonly WorkState[] = ["requested", "open", "in_progress", "on_hold", "complete"];
const TEXTS = ["asset", "assignee", "text"] as const;
export const MOST = 500;

/** The query of the gateway that this address asks for. */
export function wanted(): Query {
  const chosen = query.value.get("state") ?? "";
  const state = chosen === "all" ? [] : chosen === "" ? LIVING : [chosen];
  const kind = query.value.getAll("kind").filter((each) => (KINDS as readonly string[]).includes(each));
  const texts = TEXTS.map((name) => [name, query.value.get(name) ?? ""] as const).filter(([, value]) => value !== "");
  return { state, kind, ...Object.fromEntries(texts) };
}

function Segments(props: { name: string; label: string; options: readonly (readonly [string, string])[] }): JSX.Element {
  const chosen = query.value.get(props.name) ?? "";
  return (
    <nav class="segments" aria-label={props.label}>
      {props.options.map(([value, shown]) => (
        <a
          key={value}
          href={withParts({ [props.name]: value === "" ? [] : [value] })}
          aria-current={chosen === value ? "true" : undefined}
        >
          {shown}
        </a>
      ))}
    </nav>
  );
}

export function Filters(): JSX.Element {
  const submit = (form: HTMLFormElement): void => {
    const values = new FormData(form);
    const parts = TEXTS.map((name) => [name, text(values, name).trim()] as const);
    go(withParts(Object.fromEntries(parts.map(([name, value]) => [name, value === "" ? [] : [value]]))));
  };
  return (
    <div class="work-filters">
      <Segments
        name="state"
        label={t("work.filter.state")}
        options={[
          ["", t("work.filter.living")],
          ...WORK_STATES.map((state) => [state, t(`work.state.${state}`)] as const),
          ["all", t("work.filter.all")],
        ]}
      />
      <Segments
        name="kind"
        label={t("work.kind")}
        options={[["", t("work.filter.all")], ...KINDS.map((kind) => [kind, t(`work.kind.${kind}`)] as const)]}
      />
      <form
        key={query.value.toString()}
        class="quick"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          submit(event.currentTarget);
        }}
      >
        {TEXTS.map((name) => (
          <p key={name} class="field">
            <label for={`filter-${name}`}>{t(`work.filter.${name}`)}</label>
            <input
              id={`filter-${name}`}
              name={name}
              type="text"
              maxLength={200}
              autocomplete="off"
              value={query.value.get(name) ?? ""}
            />
          </p>
        ))}
        <button type="submit" class="button">
          {t("work.filter.apply")}
        </button>
      </form>
    </div>
  );
}
