/** A form that writes a request down, or opens an order for who may. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { KINDS, openOrder, PRIORITIES, type Priority, type WorkKind } from "../../data/rest/maintenance.ts";
import { go, query } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { Quick } from "../people/quick.tsx";
import { text } from "../sign-in/form.tsx";
import "../people/people.css";

/** What an issue asks for comes first. */
const CORRECTIVE_FIRST: readonly WorkKind[] = ["corrective", ...KINDS.filter((each) => each !== "corrective")];

interface ChoiceProps {
  readonly id: string;
  readonly label: string;
  readonly options: readonly (readonly [string, string])[];
  readonly chosen?: string;
}

function Choice(props: ChoiceProps): JSX.Element {
  return (
    <p class="field">
      <label for={props.id}>{props.label}</label>
      <select id={props.id} name={props.id}>
        {props.options.map(([value, shown]) => (
          <option key={value} value={value} selected={value === props.chosen}>
            {shown}
          </option>
        ))}
      </select>
    </p>
  );
}

export function NewOrderForm(props: { readonly mayOpen: boolean; readonly done: () => void }): JSX.Element {
  const told = useMemo(() => signal(""), []);
  const form = useRef<HTMLElement>(null);
  const issue = Number(query.value.get("issue"));
  const isFor = Number.isInteger(issue) && issue > 0;
  const kinds = props.mayOpen ? (isFor ? CORRECTIVE_FIRST : KINDS) : KINDS.slice(0, 1);
  useEffect(() => {
    if (isFor) form.current?.scrollIntoView();
  }, [isFor]);
  return (
    <section ref={form} class="panel" aria-label={t("work.new")} data-section="new">
      <h2>{t("work.new")}</h2>
      {isFor ? (
        <p>
          {t("work.new.for")} <a href={`/issues/${String(issue)}`}>{t("work.issue_link", { number: issue })}</a>
        </p>
      ) : null}
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
            ...(isFor ? { issue } : {}),
          });
          if (isFor) go(`/issues/${String(issue)}`);
          props.done();
          return t("work.new.done", { number: made.number });
        }}
      >
        <p class="field">
          <label for="work-title">{t("work.new.title")}</label>
          <input id="work-title" name="work-title" type="text" autocomplete="off" required maxLength={200} defaultValue={query.value.get("title") ?? ""} />
        </p>
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
          chosen={query.value.get("priority") ?? "medium"}
        />
        <p class="field work-description">
          <label for="work-description">{t("work.new.description")}</label>
          <textarea id="work-description" name="work-description" rows={2} maxLength={4000} defaultValue={query.value.get("description") ?? ""} />
        </p>
      </Quick>
    </section>
  );
}
