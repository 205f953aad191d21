/** The buttons that move a work order on, with a reason where one is asked for. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { ACTIONS, move, type WorkAction, type WorkOrder } from "../../data/rest/maintenance.ts";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { tell } from "../people/quick.tsx";

export interface WorkProps {
  readonly order: WorkOrder;
  readonly told: Signal<string>;
  readonly changed: () => void;
  readonly mayWork: boolean;
  readonly maySay: boolean;
}

/** Runs what a person asked for, says so, and fetches the order anew: also where somebody else was faster. */
export async function act(props: WorkProps, work: () => Promise<unknown>): Promise<void> {
  await tell(props.told, async () => {
    await work();
    return t("work.saved");
  });
  props.changed();
}

export function Actions(props: WorkProps): JSX.Element | null {
  const reason = useMemo(() => signal(""), [props.order.number]);
  const sending = useMemo(() => signal(false), [props.order.number]);
  const possible = ACTIONS[props.order.state];
  if (!props.mayWork) return null;
  const press = async (action: WorkAction): Promise<void> => {
    if (sending.value) return;
    sending.value = true;
    await act(props, async () => {
      await move(props.order, action, reason.value.trim());
      reason.value = "";
    });
    sending.value = false;
  };
  return (
    <section class="panel" aria-label={t("work.actions")} data-section="actions">
      <h2>{t("work.actions")}</h2>
      {possible.length === 0 ? <p class="quiet">{t("work.no_action")}</p> : null}
      {possible.length === 0 ? null : (
        <>
          <p class="field">
            <label for="work-reason">{t("work.reason")}</label>
            <input
              id="work-reason"
              type="text"
              maxLength={1000}
              autocomplete="off"
              value={reason.value}
              aria-describedby="work-reason-hint"
              onInput={(event) => {
                reason.value = event.currentTarget.value;
              }}
            />
            <span id="work-reason-hint" class="note">
              {t("work.reason_hint")}
            </span>
          </p>
          <p class="buttons">
            {possible.map((action) => (
              <button
                key={action}
                type="button"
                class="button"
                data-action={action}
                disabled={phase.value !== "live" || sending.value}
                onClick={() => void press(action)}
              >
                {t(`work.action.${action}`)}
              </button>
            ))}
          </p>
        </>
      )}
    </section>
  );
}
