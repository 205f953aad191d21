/** One command: what the machine shows, the limits, why not, and the way to send it. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { cancel, operate, propose, select, type Command, type Operation, type Parameter, type Selection, type Values } from "../../data/rest/control.ts";
import { ApiError } from "../../data/rest/request.ts";
import { t, type Key } from "../i18n/index.ts";
import { phase, zone } from "../live/session.ts";
import { number } from "../parts/format.ts";
import { Confirm } from "./confirm.tsx";
import { asked, change, nameOf, shown } from "./words.ts";

interface Outcome {
  readonly tone: "ok" | "failed" | "unknown" | "refused" | "note";
  readonly text: string;
}

const RESULTS: readonly string[] = ["ok", "failed", "unknown"];

export function outcomeOf(done: Operation): Outcome {
  const tone = RESULTS.includes(done.state) ? (done.state as "ok" | "failed" | "unknown") : "unknown";
  return { tone, text: t(`control.result.${tone}`, { explanation: done.explanation }) };
}

/** An answer that says no is a refusal; none at all, or a failure on the way, leaves open what happened. */
export function failureOf(error: unknown, sent: boolean): Outcome {
  if (!(error instanceof Error)) throw error;
  const answered = error instanceof ApiError && error.status >= 400 && error.status < 500;
  if (sent && !answered) return { tone: "unknown", text: t("control.no_answer") };
  const detail = error instanceof ApiError && error.detail !== "" ? error.detail : error.message;
  return { tone: "refused", text: t("control.refused", { error: detail }) };
}

function Present(props: { parameter: Parameter }): JSX.Element {
  const { parameter } = props;
  const text = shown(parameter.present.value, parameter);
  const old = parameter.present.problem !== "" || phase.value !== "live";
  return (
    <p class="present" data-signal={nameOf(parameter.signal)}>
      <span class="present-name">{nameOf(parameter.shown)}</span>
      <strong class={old ? "present-old" : ""}>{old ? <s>{text}</s> : text}</strong>
      <span class="unit">{parameter.unit}</span>
      {parameter.present.problem === "" ? null : <span class="present-problem">{parameter.present.problem}</span>}
    </p>
  );
}

function Facts(props: { command: Command }): JSX.Element {
  const { command } = props;
  const ranged = command.parameters.filter((each) => each.low !== null && each.high !== null);
  const last = command.last;
  return (
    <dl class="facts">
      {ranged.map((each) => (
        <div key={each.signal}>
          <dt>{t("control.range")}</dt>
          <dd>
            {t("control.range_of", { low: number(each.low, each.decimals), high: number(each.high, each.decimals), unit: each.unit })}
          </dd>
          {each.max_step === null ? null : (
            <>
              <dt>{t("control.max_step")}</dt>
              <dd>
                {number(each.max_step, each.decimals)} {each.unit}
              </dd>
            </>
          )}
        </div>
      ))}
      <div>
        <dt>{t("control.who")}</dt>
        <dd>{command.roles.map((role) => t(`people.role.${role}` as Key)).join(", ")}</dd>
        <dt>{t("control.rate")}</dt>
        <dd>{t("control.rate_of", { n: command.rate_per_min })}</dd>
        <dt>{t("control.last")}</dt>
        <dd>
          {last === null
            ? t("control.never")
            : t("control.last_by", {
                values: asked(last, command),
                by: last.by,
                time: zone.value.format(last.sent_ms ?? last.changed_ms, "full"),
                state: t(`control.state.${last.state}`),
              })}
        </dd>
      </div>
      {command.interlocks.length === 0 ? null : (
        <div>
          <dt>{t("control.interlocks")}</dt>
          {command.interlocks.map((each) => (
            <dd key={each.name} class={each.problem === "" ? "" : "blocks"}>
              {each.name}: {each.problem === "" ? t("control.holds") : each.problem}
            </dd>
          ))}
        </div>
      )}
    </dl>
  );
}

/** Reads a number as people of any country type it. */
function parsed(text: string): number {
  const plain = text.trim().replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
}

function wanted(command: Command, given: string): Values | Key {
  const first = command.parameters[0] as Parameter;
  if (command.kind === "recipe") return command.recipes[given] ?? "control.wrong_choice";
  if (given === "") return command.kind === "setpoint" ? "control.wrong_number" : "control.wrong_choice";
  if (first.data_type === "string" && command.kind === "setpoint") return { [first.signal]: given };
  if (first.data_type === "boolean" && command.kind === "setpoint") return { [first.signal]: given === "true" };
  const value = parsed(given);
  return Number.isNaN(value) ? "control.wrong_number" : { [first.signal]: value };
}

function Choices(props: { command: Command; id: string; value: string; set: (value: string) => void; disabled: boolean }): JSX.Element {
  const { command } = props;
  const first = command.parameters[0] as Parameter;
  const options: readonly (readonly [string, string])[] =
    command.kind === "recipe"
      ? Object.keys(command.recipes).map((name) => [name, name])
      : command.kind === "setpoint" && first.data_type === "boolean"
        ? [
            ["true", t("value.yes")],
            ["false", t("value.no")],
          ]
        : Object.entries(command.choices);
  return (
    <select
      id={props.id}
      value={props.value}
      disabled={props.disabled}
      onChange={(event) => {
        props.set(event.currentTarget.value);
      }}
    >
      <option value="">{t("control.choose")}</option>
      {options.map(([value, word]) => (
        <option key={value} value={value}>
          {word}
        </option>
      ))}
    </select>
  );
}

export function CommandPanel(props: { command: Command; proposal?: Operation; changed: () => void }): JSX.Element {
  const { command, proposal } = props;
  const given = useMemo(() => signal(""), [command.name]);
  const reason = useMemo(() => signal(""), [command.name]);
  const selection = useMemo(() => signal<Selection | null>(null), [command.name]);
  const busy = useMemo(() => signal(false), [command.name]);
  const sending = useMemo(() => signal(false), [command.name]);
  const outcome = useMemo(() => signal<Outcome | null>(null), [command.name]);
  const first = command.parameters[0] as Parameter;
  const second = command.approval === "second_person" && proposal === undefined;
  const machine = nameOf(command.machine);
  const id = `command-${command.name}`;

  const attempt = async (work: () => Promise<void>, sent: boolean): Promise<void> => {
    busy.value = true;
    sending.value = sent;
    try {
      await work();
    } catch (error) {
      outcome.value = failureOf(error, sent);
    } finally {
      busy.value = false;
      sending.value = false;
      props.changed();
    }
  };
  const review = (): void => {
    const values = proposal === undefined ? wanted(command, given.value) : proposal.values;
    if (typeof values === "string") {
      outcome.value = { tone: "refused", text: t(values) };
      document.getElementById(id)?.focus();
      return;
    }
    outcome.value = null;
    void attempt(async () => {
      if (second) {
        await propose(command.name, values, reason.value);
        outcome.value = { tone: "note", text: t("control.proposed") };
      } else {
        selection.value = await select(command.name, values, reason.value, proposal?.id ?? "");
      }
    }, false);
  };
  const send = (): void => {
    const held = selection.value;
    selection.value = null;
    if (held === null || phase.value !== "live" || busy.value) return;
    void attempt(async () => {
      outcome.value = outcomeOf(await operate(held));
      given.value = "";
      reason.value = "";
    }, true);
  };
  const back = (ranOut: boolean): void => {
    const held = selection.value;
    selection.value = null;
    if (ranOut) outcome.value = { tone: "refused", text: t("control.ran_out") };
    // It runs out by itself: a cancel that does not arrive changes nothing.
    else if (held !== null) cancel(held.operation.id).then(props.changed, () => undefined);
  };
  const held = selection.value;
  const closed = phase.value !== "live" || command.why_not.length > 0 || busy.value;
  const typed = command.kind === "setpoint" && first.data_type !== "boolean";
  return (
    <section class="panel command" data-command={command.name} aria-busy={busy.value}>
      <h2>{command.title}</h2>
      <p class="quiet">{t("control.present")}</p>
      {command.parameters.map((each) => (
        <Present key={each.signal} parameter={each} />
      ))}
      <Facts command={command} />
      {command.why_not.length === 0 ? null : (
        <div class="why-not">
          <p>{t("control.why_not")}</p>
          <ul>
            {command.why_not.map((why) => (
              <li key={why}>{why}</li>
            ))}
          </ul>
        </div>
      )}
      {held !== null ? (
        <Confirm
          key={held.operation.id}
          what={t("control.change_on", { change: change(command, held.operation.values, held.operation.present), machine })}
          machine={machine}
          lastsS={command.expires_s}
          send={send}
          back={back}
        />
      ) : (
        <form
          class="edit"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            if (!closed) review();
          }}
        >
          {proposal === undefined ? (
            <p class="field">
              <label for={id}>{t(typed ? "control.new_value" : command.kind === "recipe" ? "control.recipe" : "control.choice")}</label>
              {typed ? (
                <input
                  id={id}
                  type="text"
                  inputMode={first.data_type === "string" ? "text" : "decimal"}
                  autocomplete="off"
                  maxLength={255}
                  value={given.value}
                  disabled={closed}
                  onInput={(event) => {
                    given.value = event.currentTarget.value;
                  }}
                />
              ) : (
                <Choices command={command} id={id} value={given.value} set={(value) => (given.value = value)} disabled={closed} />
              )}
            </p>
          ) : (
            <p>{change(command, proposal.values, proposal.present)}</p>
          )}
          <p class="field">
            <label for={`${id}-reason`}>{t("control.reason")}</label>
            <input
              id={`${id}-reason`}
              type="text"
              autocomplete="off"
              maxLength={1000}
              value={reason.value}
              disabled={closed}
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
            />
            {first.reason_above === null ? null : (
              <span class="note">{t("control.reason_hint", { step: number(first.reason_above, first.decimals), unit: first.unit })}</span>
            )}
          </p>
          <button type="submit" class="button" disabled={closed}>
            {t(second ? "control.propose" : "control.review")}
          </button>
        </form>
      )}
      <p role="status" class={`outcome outcome-${outcome.value?.tone ?? "none"}`}>
        {sending.value ? t("control.pending") : (outcome.value?.text ?? "")}
      </p>
    </section>
  );
}
