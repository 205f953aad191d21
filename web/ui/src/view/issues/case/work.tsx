/** Actions with their steps, files, and similar machines of a case. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import {
  addAction,
  attach,
  changeAction,
  checkSimilar,
  detach,
  fileUrl,
  proposeSimilar,
  type ActionKind,
  type Case,
  type CaseAction,
  type SimilarMachine,
} from "../../../data/rest/cases.ts";
import { t } from "../../i18n/index.ts";
import { serverClock, zone } from "../../live/session.ts";
import { bytes, number, title } from "../../parts/format.ts";
import { able, Labelled, Told, useSender, type Sender } from "./parts.tsx";

const DAY_MS = 86_400_000;
const KINDS: readonly ActionKind[] = ["containment", "corrective", "preventive"];

export function ActionRow(props: { action: CaseAction; sender: Sender }): JSX.Element {
  const { action, sender } = props;
  const late = action.done_ms === null && action.due_ms < serverClock.now();
  const change = (changes: object): void => {
    void sender.send(() => changeAction(action.issue, action, changes));
  };
  return (
    <li class="case-action" data-action-id={action.id}>
      <p>
        <strong>{action.title}</strong> <span class="tag">{t(`action_kind.${action.kind}`)}</span>
      </p>
      <p class="quiet">
        {t("case.action_of", { owner: action.owner, due: zone.value.format(action.due_ms, "full") })}
        {late ? <strong class="late"> {t("case.late")}</strong> : null}
      </p>
      {action.checklist.length === 0 ? null : (
        <ul class="steps">
          {action.checklist.map((step, i) => (
            <li key={i}>
              <label>
                <input
                  type="checkbox"
                  checked={step.done}
                  disabled={!able(sender) || action.done_ms !== null}
                  onChange={(event) => {
                    const done = event.currentTarget.checked;
                    change({ checklist: action.checklist.map((each, place) => (place === i ? { ...each, done } : each)) });
                  }}
                />
                {step.text}
              </label>
            </li>
          ))}
        </ul>
      )}
      {action.done_ms === null ? (
        <button type="button" class="small-button" disabled={!able(sender)} onClick={() => { change({ done: true }); }}>
          {t("case.done")}
          <span class="visually-hidden"> {action.title}</span>
        </button>
      ) : (
        <p class="quiet">{t("case.done_by", { by: action.done_by, at: zone.value.format(action.done_ms, "full") })}</p>
      )}
    </li>
  );
}

function NewAction(props: { of: Case; sender: Sender }): JSX.Element {
  const { of, sender } = props;
  const draft = useMemo(() => signal({ kind: "corrective" as ActionKind, title: "", owner: of.issue.owner, days: "7", steps: "" }), []);
  const put = (changes: Partial<typeof draft.value>): void => {
    draft.value = { ...draft.value, ...changes };
  };
  const { kind, title: what, owner, days, steps } = draft.value;
  const ready = what.trim() !== "" && owner.trim() !== "" && Number(days) > 0;
  return (
    <details class="case-part">
      <summary>{t("case.new_action")}</summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          const checklist = steps.split("\n").map((each) => each.trim()).filter((each) => each !== "");
          const due_ms = Math.round(serverClock.now() + Number(days) * DAY_MS);
          const action = { kind, title: what.trim(), owner: owner.trim(), due_ms, checklist: checklist.map((text) => ({ text, done: false })) };
          void sender.send(() => addAction(of.issue.number, action)).then((done) => {
            if (done) put({ title: "", steps: "" });
          });
        }}
      >
        <Labelled label={t("case.action_kind")}>
          <select value={kind} onChange={(event) => { put({ kind: event.currentTarget.value as ActionKind }); }}>
            {KINDS.map((each) => (
              <option key={each} value={each} selected={each === kind}>
                {t(`action_kind.${each}`)}
              </option>
            ))}
          </select>
        </Labelled>
        <Labelled label={t("case.action_title")}>
          <input value={what} maxLength={1_000} onInput={(event) => { put({ title: event.currentTarget.value }); }} />
        </Labelled>
        <Labelled label={t("field.owner")}>
          <input value={owner} maxLength={64} onInput={(event) => { put({ owner: event.currentTarget.value }); }} />
        </Labelled>
        <Labelled label={t("case.days")}>
          <input inputMode="decimal" value={days} onInput={(event) => { put({ days: event.currentTarget.value }); }} />
        </Labelled>
        <Labelled label={t("case.steps")}>
          <textarea rows={2} value={steps} placeholder={t("case.one_a_line")} onInput={(event) => { put({ steps: event.currentTarget.value }); }} />
        </Labelled>
        <button type="submit" class="button" disabled={!able(sender) || !ready}>
          {t("case.add_action")}
        </button>
      </form>
    </details>
  );
}

export function Work(props: { of: Case; changed: () => void }): JSX.Element {
  const sender = useSender(props.changed);
  return (
    <section class="panel" aria-label={t("case.actions")}>
      <h2>{t("case.actions")}</h2>
      {props.of.actions.length === 0 ? <p class="quiet">{t("case.no_actions")}</p> : null}
      <ul class="case-list">
        {props.of.actions.map((action) => (
          <ActionRow key={action.id} action={action} sender={sender} />
        ))}
      </ul>
      <Told of={sender} />
      <NewAction of={props.of} sender={sender} />
    </section>
  );
}

export function Files(props: { of: Case; changed: () => void }): JSX.Element {
  const { of } = props;
  const sender = useSender(props.changed);
  return (
    <section class="panel" aria-label={t("case.files")}>
      <h2>{t("case.files")}</h2>
      <ul class="case-list">
        {of.attachments.map((file) => (
          <li key={file.id}>
            <a href={fileUrl(of.issue.number, file.id)} download={file.name}>
              {file.name}
            </a>{" "}
            <span class="quiet">{t("case.file_of", { size: bytes(file.size), by: file.added_by })}</span>{" "}
            <button type="button" class="small-button" disabled={!able(sender)} onClick={() => void sender.send(() => detach(of.issue.number, file.id))}>
              {t("case.remove")}
              <span class="visually-hidden"> {file.name}</span>
            </button>
          </li>
        ))}
      </ul>
      <Labelled label={t("case.attach")}>
        <input
          type="file"
          accept=".png,.jpg,.jpeg,.webp,.pdf,.xlsx,.docx,.txt,.log,.csv"
          disabled={!able(sender)}
          onChange={(event) => {
            const input = event.currentTarget;
            const file = input.files?.[0];
            if (file !== undefined) void sender.send(() => attach(of.issue.number, file)).then(() => (input.value = ""));
          }}
        />
      </Labelled>
      <Told of={sender} />
    </section>
  );
}

function Machine(props: { of: Case; machine: SimilarMachine; sender: Sender }): JSX.Element {
  const { of, machine, sender } = props;
  const finding = useMemo(() => signal(""), []);
  return (
    <li>
      <p>
        <strong>{machine.asset.split("/").slice(-2).map(title).join(" / ")}</strong>{" "}
        <span class="quiet">{t("case.seen", { n: number(machine.seen), issues: machine.issues.length })}</span>
      </p>
      {machine.checked_ms === null ? (
        <form
          class="inline-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (finding.value.trim() !== "") void sender.send(() => checkSimilar(of.issue.number, machine.asset, finding.value.trim()));
          }}
        >
          <input aria-label={t("case.finding", { asset: machine.asset })} value={finding.value} onInput={(event) => (finding.value = event.currentTarget.value)} />
          <button type="submit" class="small-button" disabled={!able(sender) || finding.value.trim() === ""}>
            {t("case.checked")}
          </button>
        </form>
      ) : (
        <p class="quiet">{t("case.found", { finding: machine.finding, by: machine.checked_by })}</p>
      )}
    </li>
  );
}

export function Similar(props: { of: Case; changed: () => void }): JSX.Element {
  const sender = useSender(props.changed);
  const { of } = props;
  return (
    <section class="panel" aria-label={t("case.similar")}>
      <h2>{t("case.similar")}</h2>
      {of.similar.length === 0 ? <p class="quiet">{t("case.no_similar")}</p> : null}
      <ul class="case-list">
        {of.similar.map((machine) => (
          <Machine key={machine.asset} of={of} machine={machine} sender={sender} />
        ))}
      </ul>
      <Told of={sender} />
      <button type="button" class="button" disabled={!able(sender)} onClick={() => void sender.send(() => proposeSimilar(of.issue.number))}>
        {t("case.look_similar")}
      </button>
    </section>
  );
}
