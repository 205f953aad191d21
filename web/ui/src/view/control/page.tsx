/** Control of one machine, or which machines take commands at all. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { control, operations, type Command, type Control, type Operation } from "../../data/rest/control.ts";
import { t } from "../i18n/index.ts";
import { useResource, type Resource } from "../live/resource.ts";
import { phase, zone } from "../live/session.ts";
import { title } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { CommandPanel } from "./command.tsx";
import { Locks } from "./locks.tsx";
import { Waiting } from "./waiting.tsx";
import { asked, nameOf } from "./words.ts";
import "./control.css";

const EVERY_MS = 2_000;
const SHOWN = 30;

function Machines(props: { items: readonly Command[] }): JSX.Element {
  const machines = [...new Set(props.items.map((each) => each.machine))];
  if (machines.length === 0) return <Empty title={t("control.none")} next={t("control.none_next")} />;
  return (
    <section class="panel">
      <h2>{t("control.machines")}</h2>
      <ul class="waiting">
        {machines.map((machine) => (
          <li key={machine}>
            <a href={`/control/${machine}`}>{machine.split("/").slice(1).map(title).join(" / ")}</a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function History(props: { rows: readonly Operation[]; commands: readonly Command[] }): JSX.Element {
  return (
    <section class="panel" data-part="history">
      <h2>{t("control.history")}</h2>
      {props.rows.length === 0 ? (
        <p class="quiet">{t("control.history_none")}</p>
      ) : (
        <table class="control-history">
          <thead>
            <tr>
              <th scope="col">{t("control.time")}</th>
              <th scope="col">{t("control.what")}</th>
              <th scope="col">{t("control.values")}</th>
              <th scope="col">{t("control.asked_by")}</th>
              <th scope="col">{t("control.result")}</th>
            </tr>
          </thead>
          <tbody>
            {props.rows.map((each) => (
              <tr key={each.id} data-operation={each.id}>
                <td>{zone.value.format(each.created_ms, "full")}</td>
                <td>
                  {nameOf(each.machine)}: {each.title}
                </td>
                <td>{asked(each, props.commands.find((one) => one.name === each.command))}</td>
                <td>{each.approved_by === "" ? each.by : `${each.by}, ${each.approved_by}`}</td>
                <td>
                  <strong>{t(`control.state.${each.state}`)}</strong> {each.explanation}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Head(props: { state: Control }): JSX.Element {
  return (
    <>
      {phase.value === "live" ? null : <p class="note">{t("control.disconnected")}</p>}
      {props.state.off === "" ? null : (
        <p class="control-off" role="alert">
          <ConditionGlyph of="failed" /> {t("control.off", { why: props.state.off })}
        </p>
      )}
      {props.state.trouble === "" ? null : (
        <p class="control-off" role="alert">
          <ConditionGlyph of="failed" /> {t("control.trouble", { why: props.state.trouble })}
        </p>
      )}
    </>
  );
}

function Body(props: { state: Control; machine: string; rows: Resource<readonly Operation[]>; changed: () => void }): JSX.Element {
  const { state, machine } = props;
  const taken = useMemo(() => signal<Operation | null>(null), [machine]);
  const rows = props.rows.value ?? [];
  const now = Date.now();
  const waiting = rows.filter(
    (each) => (each.state === "proposed" || each.state === "approved") && (each.expires_ms ?? now) >= now,
  );
  const carry = taken.value === null ? undefined : waiting.find((each) => each.id === taken.value?.id) ?? taken.value;
  const carried = state.items.find((each) => each.name === carry?.command);
  return (
    <div class="control">
      <Head state={state} />
      {machine === "" ? <Machines items={state.items} /> : null}
      <div class="commands">
        {carry !== undefined && carried !== undefined ? (
          <CommandPanel key={carry.id} command={carried} proposal={carry} changed={props.changed} />
        ) : null}
        {machine === "" ? null : state.items.map((each) => <CommandPanel key={each.name} command={each} changed={props.changed} />)}
      </div>
      <Waiting waiting={waiting} commands={state.items} take={(each) => (taken.value = each)} changed={props.changed} />
      <Locks state={state} machine={machine} changed={props.changed} />
      <History rows={rows} commands={state.items} />
    </div>
  );
}

export function ControlPage(props: { rest: string }): JSX.Element {
  const machine = props.rest;
  const found = useResource(() => control(machine), [machine], EVERY_MS);
  const rows = useResource(() => operations(machine, [], SHOWN), [machine], EVERY_MS);
  const state = found.state.value;
  const changed = (): void => {
    found.soon(0);
    rows.soon(0);
  };
  return (
    <>
      <div class="page-head">
        <h1>{machine === "" ? t("control.title") : `${t("control.of")} ${title(nameOf(machine))}`}</h1>
        {machine === "" ? null : <a href={`/machine/${machine}`}>{t("control.to_machine")}</a>}
      </div>
      <p class="note">{t("control.safety")}</p>
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void found.load()} /> : null}
      {state.status === "ready" ? (
        state.value.items.length === 0 && machine !== "" ? (
          <Empty title={t("control.none")} next={t("control.none_next")} />
        ) : (
          <Body state={state.value} machine={machine} rows={rows} changed={changed} />
        )
      ) : null}
    </>
  );
}
