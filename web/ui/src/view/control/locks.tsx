/** Lock-out of a machine and the kill switch of the whole plant. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { lock, release, type Control } from "../../data/rest/control.ts";
import { t } from "../i18n/index.ts";
import { phase, zone } from "../live/session.ts";
import { who } from "../live/who.ts";
import { failureOf } from "./command.tsx";
import { nameOf } from "./words.ts";

export function Locks(props: { state: Control; machine: string; changed: () => void }): JSX.Element {
  const { state, machine } = props;
  const why = useMemo(() => signal(""), []);
  const told = useMemo(() => signal(""), []);
  const may = who.value?.rights.includes("lockout") === true;
  const act = async (work: () => Promise<unknown>): Promise<void> => {
    told.value = "";
    try {
      await work();
      why.value = "";
    } catch (error) {
      told.value = failureOf(error, false).text;
    } finally {
      props.changed();
    }
  };
  const set = (where: string): void => {
    if (why.value.trim() === "") {
      told.value = t("control.lock_needed");
      document.getElementById("lock-why")?.focus();
      return;
    }
    void act(() => lock(where, why.value));
  };
  const shown = state.locks.filter((each) => machine === "" || each.machine === "" || each.machine === machine);
  const isLocked = (where: string): boolean => state.locks.some((each) => each.machine === where);
  const dead = phase.value !== "live";
  return (
    <section class="panel" data-part="locks">
      <h2>{t("control.locks")}</h2>
      {shown.length === 0 ? <p class="quiet">{t("control.no_locks")}</p> : null}
      <ul class="waiting">
        {shown.map((each) => (
          <li key={each.machine}>
            <p>
              {t(each.machine === "" ? "control.locked_all" : "control.locked", {
                machine: nameOf(each.machine),
                by: each.by,
                why: each.why,
                time: zone.value.format(each.since_ms, "seconds"),
              })}
            </p>
            {may ? (
              <button type="button" class="button" disabled={dead} onClick={() => void act(() => release(each.machine, why.value))}>
                {t("control.release", { what: each.machine === "" ? t("control.everything") : nameOf(each.machine) })}
              </button>
            ) : null}
          </li>
        ))}
      </ul>
      {may ? (
        <div class="edit">
          <p class="field">
            <label for="lock-why">{t("control.lock_why")}</label>
            <input
              id="lock-why"
              type="text"
              autocomplete="off"
              maxLength={1000}
              value={why.value}
              aria-describedby="lock-hint"
              onInput={(event) => {
                why.value = event.currentTarget.value;
              }}
            />
            <span id="lock-hint" class="note">
              {t("control.release_hint")}
            </span>
          </p>
          {machine !== "" && !isLocked(machine) ? (
            <button
              type="button"
              class="button"
              disabled={dead}
              onClick={() => {
                set(machine);
              }}
            >
              {t("control.lock_machine")}
            </button>
          ) : null}
          {isLocked("") ? null : (
            <button
              type="button"
              class="button"
              disabled={dead}
              onClick={() => {
                set("");
              }}
            >
              {t("control.lock_all")}
            </button>
          )}
        </div>
      ) : null}
      <p role="status" class="outcome">
        {told.value}
      </p>
    </section>
  );
}
