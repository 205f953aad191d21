/** Proposals that wait for a person: of people for a second one, of scheduler and rules for anybody. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { approve, cancel, decline, type Command, type Operation } from "../../data/rest/control.ts";
import { t } from "../i18n/index.ts";
import { phase, zone } from "../live/session.ts";
import { who } from "../live/who.ts";
import { failureOf } from "./command.tsx";
import { asked } from "./words.ts";

interface Props {
  readonly waiting: readonly Operation[];
  readonly commands: readonly Command[];
  readonly take: (operation: Operation) => void;
  readonly changed: () => void;
}

export function Waiting(props: Props): JSX.Element {
  const told = useMemo(() => signal(""), []);
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    told.value = "";
    try {
      await work();
    } catch (error) {
      told.value = failureOf(error, false).text;
    } finally {
      props.changed();
    }
  };
  const me = who.value;
  const mayApprove = me?.rights.includes("setpoint.approve") === true;
  return (
    <section class="panel" data-part="waiting">
      <h2>{t("control.waiting")}</h2>
      {props.waiting.length === 0 ? <p class="quiet">{t("control.waiting_none")}</p> : null}
      <ul class="waiting">
        {props.waiting.map((each) => {
          const command = props.commands.find((one) => one.name === each.command);
          const mine = each.by === me?.name;
          const ready = each.state === "approved" || (each.state === "proposed" && command?.approval === "none");
          const mineToSend = ready && command !== undefined && (mine || each.by_kind !== "person");
          return (
            <li key={each.id} data-operation={each.id}>
              <p>
                <strong>{each.title}</strong> {asked(each, command)}
              </p>
              <p class="quiet">
                {t("control.asked_by")} {each.by}, {zone.value.format(each.created_ms, "seconds")}
                {each.approved_by === "" ? "" : ` · ${t("control.approved_by")} ${each.approved_by}`}
                {each.reason === "" ? "" : ` · ${each.reason}`}
              </p>
              <div class="buttons">
                {each.state === "proposed" && mayApprove && !mine && command?.approval !== "none" ? (
                  <button type="button" class="button" disabled={phase.value !== "live"} onClick={() => void act(() => approve(each.id))}>
                    {t("control.approve", { what: each.title })}
                  </button>
                ) : null}
                {each.state === "proposed" && mayApprove && !mine ? (
                  <button type="button" class="button" disabled={phase.value !== "live"} onClick={() => void act(() => decline(each.id, ""))}>
                    {t("control.decline", { what: each.title })}
                  </button>
                ) : null}
                {mineToSend ? (
                  <button
                    type="button"
                    class="button"
                    disabled={phase.value !== "live"}
                    onClick={() => {
                      props.take(each);
                    }}
                  >
                    {t("control.take", { what: each.title })}
                  </button>
                ) : null}
                {mine ? (
                  <button type="button" class="button" disabled={phase.value !== "live"} onClick={() => void act(() => cancel(each.id))}>
                    {t("control.withdraw", { what: each.title })}
                  </button>
                ) : null}
              </div>
            </li>
          );
        })}
      </ul>
      <p role="status" class="outcome">
        {told.value}
      </p>
    </section>
  );
}
