/** How data proves a fix: the criterion that was chosen, how far it has come, and the form that chooses one. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { baseline, chooseProof, type Case, type Proof, type Template } from "../../../data/rest/cases.ts";
import { t, tOr } from "../../i18n/index.ts";
import { number, percent } from "../../parts/format.ts";
import { able, Labelled, Told, useSender, type Sender } from "./parts.tsx";

const TEMPLATES: readonly Template[] = ["no_recurrence", "capability", "loss", "defects"];
const MAY_CHOOSE: ReadonlySet<string> = new Set(["root_cause", "action_planned", "implemented", "verifying"]);

function Progress(props: { proof: Proof }): JSX.Element {
  const { proof } = props;
  const part = typeof proof.progress["part"] === "number" ? proof.progress["part"] : 0;
  const said = typeof proof.progress["text"] === "string" ? proof.progress["text"] : t("proof.not_started");
  return (
    <div class="proof" data-proof={proof.state}>
      <p>
        <strong>{t(`template.${proof.template}`)}</strong> <span class="tag">{t(`proof.${proof.state}`)}</span>
      </p>
      <progress value={part} max={1} aria-label={t("proof.progress")} />
      <p>
        {proof.state === "watching" ? `${percent(part)} · ` : ""}
        {said}
      </p>
      <p class="quiet">
        {Object.entries(proof.settings)
          .filter(([, value]) => value !== null)
          .map(([name, value]) => `${tOr(`setting.${name}`, name)} ${number(value, Number.isInteger(value) ? 0 : 3)}`)
          .join(" · ")}{" "}
        {t("proof.chosen_by", { by: proof.chosen_by })}
      </p>
    </div>
  );
}

type Settings = Readonly<Record<string, number | null>>;

function Choose(props: { of: Case; sender: Sender }): JSX.Element {
  const { of, sender } = props;
  const template = useMemo(() => signal<Template>("no_recurrence"), []);
  const settings = useMemo(() => signal<Settings | null>(null), []);
  const suggest = async (): Promise<void> => {
    await sender.send(async () => {
      settings.value = await baseline(of.issue.number, template.value);
    });
    sender.told.value = settings.value === null ? sender.told.value : t("proof.suggested");
  };
  return (
    <details class="case-part">
      <summary>{t("proof.choose")}</summary>
      <Labelled label={t("proof.template")}>
        <select
          value={template.value}
          onChange={(event) => {
            template.value = event.currentTarget.value as Template;
            settings.value = null;
          }}
        >
          {TEMPLATES.map((each) => (
            <option key={each} value={each} selected={each === template.value}>
              {t(`template.${each}`)}
            </option>
          ))}
        </select>
      </Labelled>
      <p class="quiet">{t(`template_help.${template.value}`)}</p>
      {settings.value === null ? (
        <button type="button" class="button" disabled={!able(sender)} onClick={() => void suggest()}>
          {t("proof.suggest")}
        </button>
      ) : (
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            const chosen = settings.value;
            if (chosen !== null) void sender.send(() => chooseProof(of.issue.number, template.value, chosen));
          }}
        >
          {Object.entries(settings.value).map(([name, value]) => (
            <Labelled key={name} label={tOr(`setting.${name}`, name)}>
              <input
                inputMode="decimal"
                value={value === null ? "" : String(value)}
                onInput={(event) => {
                  const text = event.currentTarget.value.replace(",", ".").trim();
                  settings.value = { ...settings.value, [name]: text === "" ? null : Number(text) };
                }}
              />
            </Labelled>
          ))}
          <button type="submit" class="button" disabled={!able(sender) || Object.values(settings.value).some((each) => Number.isNaN(each))}>
            {t("proof.use")}
          </button>
        </form>
      )}
    </details>
  );
}

export function Proofs(props: { of: Case; changed: () => void }): JSX.Element {
  const { of } = props;
  const sender = useSender(props.changed);
  return (
    <section class="panel" aria-label={t("proof.title")}>
      <h2>{t("proof.title")}</h2>
      {of.verifications.length === 0 ? <p class="quiet">{t("proof.none")}</p> : null}
      {of.verifications.map((proof) => (
        <Progress key={proof.round} proof={proof} />
      ))}
      <Told of={sender} />
      {MAY_CHOOSE.has(of.issue.state) ? <Choose of={of} sender={sender} /> : null}
    </section>
  );
}
