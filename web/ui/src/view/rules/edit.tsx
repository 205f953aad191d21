/** Settings of a rule changed with a reason: what differs is shown before it is sent, mistakes stand at their place. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { ApiError, type Mistake } from "../../data/rest/request.ts";
import { changeRule, type RuleField, type RuleSheet } from "../../data/rest/rules.ts";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { Diff, differences } from "./diff.tsx";
import { ASIDE, choices, edited, kindOf, toText } from "./settings.ts";

const CASES = "tests.";
type Texts = Readonly<Record<string, string>>;

interface OneProps {
  readonly field: RuleField;
  readonly before: unknown;
  readonly text: string;
  readonly mistakes: readonly Mistake[];
  readonly set: (text: string) => void;
}

function Control(props: OneProps & { id: string; said: string | undefined }): JSX.Element {
  const { field, text, set, id } = props;
  const kind = kindOf(field, props.before);
  const shared = { id, "aria-describedby": props.said, "aria-invalid": props.mistakes.length > 0 };
  if (kind === "flag" || kind === "choice") {
    const of = kind === "flag" ? ["true", "false"] : choices(field);
    return (
      <select {...shared} value={text} onChange={(event) => { set(event.currentTarget.value); }}>
        {of.includes(text) ? null : <option value={text}>{text}</option>}
        {of.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    );
  }
  if (kind === "json") {
    return <textarea {...shared} rows={2} spellcheck={false} value={text} onInput={(event) => { set(event.currentTarget.value); }} />;
  }
  return <input {...shared} type="text" value={text} onInput={(event) => { set(event.currentTarget.value); }} />;
}

function One(props: OneProps): JSX.Element {
  const { field, mistakes } = props;
  const id = `rule-${field.name}`;
  return (
    <div class="rule-field" data-field={field.name}>
      <label for={id}>{field.name}</label>
      <Control {...props} id={id} said={`${id}-said`} />
      <p id={`${id}-said`} class={mistakes.length > 0 ? "rule-mistake" : "quiet"}>
        {mistakes.length > 0
          ? mistakes.map((each) => t("rules.mistake", { what: each.what, wanted: each.wanted })).join("; ")
          : t("rules.wanted", { wanted: field.wanted, description: field.description })}
      </p>
    </div>
  );
}

/** Mistakes that belong to no field of the form, and cases that fail: those may be waived by name. */
function Refusal(props: { mistakes: readonly Mistake[]; other: string; despite: readonly string[]; waive: (name: string, on: boolean) => void }): JSX.Element {
  return (
    <div role="alert" class="rule-refusal">
      {props.other === "" ? null : <p>{props.other}</p>}
      {props.mistakes.map((each) => {
        const name = each.where.slice(CASES.length);
        return (
          <div key={each.where} data-case={name}>
            <p>
              <b>{t("rules.case_fails", { name })}</b> {each.what}
            </p>
            <label>
              <input
                type="checkbox"
                checked={props.despite.includes(name)}
                onChange={(event) => { props.waive(name, event.currentTarget.checked); }}
              />{" "}
              {t("rules.despite")}
            </label>
          </div>
        );
      })}
    </div>
  );
}

const holds = (field: RuleField, mistake: Mistake): boolean =>
  mistake.where === field.name || mistake.where.startsWith(`${field.name}.`) || mistake.where.startsWith(`${field.name}[`);

/** Who said what of a change that was refused. */
function sorted(error: unknown, fields: readonly RuleField[]): { mistakes: readonly Mistake[]; other: string } {
  if (!(error instanceof Error)) throw error;
  const mistakes = error instanceof ApiError ? error.mistakes : [];
  const strange = mistakes.filter((each) => !each.where.startsWith(CASES) && !fields.some((field) => holds(field, each)));
  const other = mistakes.length === 0 ? error.message : strange.map((each) => `${each.where}: ${each.what}`).join("; ");
  return { mistakes, other };
}

export function Edit(props: { sheet: RuleSheet; done: (sheet: RuleSheet) => void; close: () => void }): JSX.Element {
  const { sheet } = props;
  const [texts, setTexts] = useState<Texts>({});
  const [reason, setReason] = useState("");
  const [despite, setDespite] = useState<readonly string[]>([]);
  const [refused, setRefused] = useState<{ mistakes: readonly Mistake[]; other: string } | null>(null);
  const [sending, setSending] = useState(false);
  const made = edited(sheet.fields, sheet.settings, texts);
  const found = differences(sheet.settings, made);
  const failing = refused?.mistakes.filter((each) => each.where.startsWith(CASES)) ?? [];
  const field = (each: RuleField): JSX.Element => (
    <One
      key={each.name}
      field={each}
      before={sheet.settings[each.name]}
      text={texts[each.name] ?? toText(sheet.settings[each.name])}
      mistakes={refused?.mistakes.filter((mistake) => holds(each, mistake)) ?? []}
      set={(text) => { setTexts({ ...texts, [each.name]: text }); }}
    />
  );
  const send = (event: Event): void => {
    event.preventDefault();
    setSending(true);
    setRefused(null);
    changeRule(sheet, made, reason, despite).then(props.done, (error: unknown) => {
      setSending(false);
      setRefused(sorted(error, sheet.fields));
    });
  };
  const changeable = sheet.fields.filter((each) => each.name !== "type");
  return (
    <form class="panel rule-edit" onSubmit={send} aria-label={t("rules.edit")} data-section="edit">
      <h2>{t("rules.edit")}</h2>
      <p class="quiet">{t(sheet.cases.length === 0 ? "rules.no_cases" : "rules.cases", { cases: sheet.cases.join("; ") })}</p>
      <div class="rule-fields">{changeable.filter((each) => !ASIDE.includes(each.name)).map(field)}</div>
      <details>
        <summary>{t("rules.aside")}</summary>
        <div class="rule-fields">{changeable.filter((each) => ASIDE.includes(each.name)).map(field)}</div>
      </details>
      <h3>{t("rules.differs")}</h3>
      {found.length === 0 ? <p class="quiet">{t("rules.same")}</p> : <Diff found={found} />}
      {refused === null || (refused.other === "" && failing.length === 0) ? null : (
        <Refusal
          mistakes={failing}
          other={refused.other}
          despite={despite}
          waive={(name, on) => { setDespite(on ? [...despite, name] : despite.filter((each) => each !== name)); }}
        />
      )}
      <label class="rule-why">
        <span>{t("act.reason")}</span>
        <textarea rows={2} required maxLength={2_000} value={reason} onInput={(event) => { setReason(event.currentTarget.value); }} />
      </label>
      <div class="buttons">
        <button type="submit" class="button" disabled={sending || found.length === 0 || reason.trim() === "" || phase.value !== "live"}>
          {t("rules.apply")}
        </button>
        <button type="button" class="button" onClick={props.close}>
          {t("act.cancel")}
        </button>
      </div>
    </form>
  );
}
