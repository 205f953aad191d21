/** A form that writes a request down, or opens an order for who may. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { KINDS, openOrder, PRIORITIES, type Priority, type WorkKind } from "../../data/rest/maintenance.ts";
import { query } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { Quick } from "../people/quick.tsx";
import { Field, text } from "../sign-in/form.tsx";
import "../people/people.css";

function Choice(props: { id: string; label: string; options: readonly (readonly [string, string])[] }): JSX.Element {
  return (
    <p class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} name={props.id}>
        {props.options.map(([value, shown]) => (
          <option key={value} value={value}>
            {shown}
          </option>
        ))}
      </select>
    </p>
  );
}

export function NewOrderForm(props: { readonly mayOpen: boolean; readonly done: () => void }): JSX.Element {
  const told = useMemo(() => signal(""), []);
  const kinds = props.mayOpen ? KINDS : KINDS.slice(0, 1);
  const issue = Number(query.value.get("issue"));
  return (
    <section class="panel" aria-label={t("work.new")} data-section="new">
      <h2>{t("work.new")}</h2>
      <Quick
        button={t("work.new.send")}
        told={told}
        send={async (values) => {
          const made = await openOrder({
            title: text(values, "work-title"),
            asset: text(values, "work-asset").trim(),
            kind: text(values, "work-kind") as WorkKind,
            priority: text(values, "work-priority") as Priority,
            description: text(values, "work-description"),
            ...(Number.isInteger(issue) && issue > 0 ? { issue } : {}),
          });
          props.done();
          return t("work.new.done", { number: made.number });
        }}
      >
        <Field id="work-title" label={t("work.new.title")} type="text" autocomplete="off" />
        <p class="field">
          <label for="work-asset">{t("work.asset")}</label>
          <input
            id="work-asset"
            name="work-asset"
            type="text"
            autocomplete="off"
            required
            maxLength={255}
            defaultValue={query.value.get("asset") ?? ""}
            aria-describedby="work-asset-hint"
          />
          <span id="work-asset-hint" class="note">
            {t("work.filter.asset_hint")}
          </span>
        </p>
        <Choice id="work-kind" label={t("work.kind")} options={kinds.map((kind) => [kind, t(`work.kind.${kind}`)] as const)} />
        <Choice
          id="work-priority"
          label={t("work.priority")}
          options={PRIORITIES.map((each) => [each, t(`work.priority.${each}`)] as const)}
        />
        <p class="field work-description">
          <label for="work-description">{t("work.new.description")}</label>
          <textarea id="work-description" name="work-description" rows={2} maxLength={4000} />
        </p>
      </Quick>
    </section>
  );
}
