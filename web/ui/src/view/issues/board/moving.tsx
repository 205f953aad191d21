/** The dialog by which an issue is moved: where to, what is missing for it, and why. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { acknowledge } from "../../../data/rest/api.ts";
import { closeProven, fetchCase, move, type Case, type Move } from "../../../data/rest/cases.ts";
import type { Issue, IssueState } from "../../../data/rest/model.ts";
import { t, tOr } from "../../i18n/index.ts";
import { phase } from "../../live/session.ts";
import { useResource } from "../../live/resource.ts";
import { Failed, Loading } from "../../parts/states.tsx";
import { moveOf, REASONED, stepTo } from "./move.ts";

export interface Moving {
  readonly issue: Issue;
  /** Where it was dropped; null asks. */
  readonly to: IssueState | null;
}

/** Does one move; what closes takes a right of its own and so a request of its own. */
export async function send(issue: Issue, action: string, reason: string, other: number | null): Promise<void> {
  if (action === "acknowledge") await acknowledge(issue.number, reason);
  else if (action === "close" || (action === "advance" && issue.state === "verifying"))
    await closeProven(issue.number, issue.version, reason);
  else await move(issue.number, action, issue.version, reason, other);
}

function Choice(props: { case: Case; moves: readonly Move[]; chosen: string; choose: (action: string) => void }): JSX.Element {
  return (
    <fieldset class="choices">
      <legend>{t("board.where")}</legend>
      {props.moves.map((each) => (
        <label key={each.action}>
          <input
            type="radio"
            name="move"
            value={each.action}
            checked={each.action === props.chosen}
            onChange={() => {
              props.choose(each.action);
            }}
          />
          {t("board.choice", { action: tOr(`move.${each.action}`, each.action), to: t(`issue_state.${each.to}`) })}
          {each.missing.length > 0 ? <span class="quiet"> {t("case_board.missing", { n: each.missing.length })}</span> : null}
        </label>
      ))}
    </fieldset>
  );
}

export function MissingList(props: { move: Move | undefined }): JSX.Element | null {
  const missing = props.move?.missing ?? [];
  if (missing.length === 0) return null;
  return (
    <div class="missing">
      <p>
        <strong>{t("gate.missing")}</strong>
      </p>
      <ul>
        {missing.map((each) => (
          <li key={each.what}>{each.text}</li>
        ))}
      </ul>
    </div>
  );
}

function Form(props: { case: Case; to: IssueState | null; close: (moved: boolean) => void }): JSX.Element {
  const issue = props.case.issue;
  const wanted = props.to === null ? null : stepTo(issue, props.to);
  const first = wanted === "close" ? "advance" : (wanted ?? props.case.moves[0]?.action ?? "");
  const chosen = useMemo(() => signal(first), []);
  const reason = useMemo(() => signal(""), []);
  const other = useMemo(() => signal(""), []);
  const told = useMemo(() => signal(""), []);
  const sending = useMemo(() => signal(false), []);
  const found = moveOf(props.case.moves, chosen.value);
  const barred = (found?.missing.length ?? 0) > 0;
  const needsReason = REASONED.has(chosen.value);
  const submit = async (): Promise<void> => {
    if (needsReason && reason.value.trim() === "") {
      told.value = t("board.reason_needed");
      return;
    }
    sending.value = true;
    try {
      await send(issue, chosen.value, reason.value.trim(), chosen.value === "duplicate" ? Number(other.value) : null);
      props.close(true);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      told.value = t("issue.failed", { error: error.message });
    } finally {
      sending.value = false;
    }
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (phase.value === "live" && !sending.value && !barred) void submit();
      }}
    >
      <Choice case={props.case} moves={props.case.moves} chosen={chosen.value} choose={(action) => (chosen.value = action)} />
      <MissingList move={found} />
      {barred ? (
        <p>
          <a href={`/issues/${String(issue.number)}`}>{t("board.open_it")}</a>
        </p>
      ) : null}
      {chosen.value === "duplicate" ? (
        <label class="field">
          {t("board.duplicate_of")}
          <input inputMode="numeric" value={other.value} onInput={(event) => (other.value = event.currentTarget.value)} />
        </label>
      ) : null}
      <label class="field">
        {t(needsReason ? "board.reason" : "board.note")}
        <textarea rows={2} maxLength={1_000} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
      </label>
      <p role="alert" class="action-result">
        {told.value}
      </p>
      <p class="buttons-row">
        <button type="submit" class="button" disabled={phase.value !== "live" || sending.value || barred}>
          {t("board.do")}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => {
            props.close(false);
          }}
        >
          {t("case_board.cancel")}
        </button>
      </p>
    </form>
  );
}

export function MoveDialog(props: { moving: Moving; close: (moved: boolean) => void }): JSX.Element {
  const { issue, to } = props.moving;
  const dialog = useRef<HTMLDialogElement>(null);
  const resource = useResource(() => fetchCase(issue.number), [issue.number]);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const state = resource.state.value;
  return (
    <dialog
      ref={dialog}
      class="move-dialog panel"
      aria-labelledby="move-title"
      onClose={() => {
        props.close(false);
      }}
    >
      <h2 id="move-title">{t("board.dialog", { number: issue.number, title: issue.title })}</h2>
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? <Form case={state.value} to={to} close={props.close} /> : null}
    </dialog>
  );
}
