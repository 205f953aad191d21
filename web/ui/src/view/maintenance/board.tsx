/** Work orders by state: cards that are dragged, moved by arrow keys, or by a menu, each asked of the gateway. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ACTIONS, move, WORK_STATES, type WorkAction, type WorkOrder, type WorkState } from "../../data/rest/maintenance.ts";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";
import { Due, ENDED, place, Priority } from "./table.tsx";

/** Where an action leads, as the gateway's table has it. */
const LEADS: Readonly<Record<WorkAction, WorkState>> = {
  approve: "open",
  reject: "rejected",
  start: "in_progress",
  hold: "on_hold",
  complete: "complete",
  close: "closed",
  reopen: "in_progress",
  cancel: "closed",
};
const REASONED: ReadonlySet<WorkAction> = new Set(["reject", "hold", "reopen", "cancel"]);

/** The action that leads from an order's column to another, or null where none does. */
export const stepTo = (order: WorkOrder, to: WorkState): WorkAction | null =>
  ACTIONS[order.state].find((action) => LEADS[action] === to) ?? null;

interface Moving {
  readonly order: WorkOrder;
  /** Where it was dropped; null asks. */
  readonly action: WorkAction | null;
}

function Dialog(props: { moving: Moving; close: (moved: boolean) => void }): JSX.Element {
  const { order } = props.moving;
  const possible = ACTIONS[order.state];
  const dialog = useRef<HTMLDialogElement>(null);
  const chosen = useMemo(() => signal<WorkAction | null>(props.moving.action ?? possible[0] ?? null), []);
  const reason = useMemo(() => signal(""), []);
  const told = useMemo(() => signal(""), []);
  const sending = useMemo(() => signal(false), []);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const action = chosen.value;
  const needsReason = action !== null && REASONED.has(action);
  const submit = async (): Promise<void> => {
    if (action === null || sending.value || phase.value !== "live") return;
    if (needsReason && reason.value.trim() === "") {
      told.value = t("board.reason_needed");
      return;
    }
    sending.value = true;
    try {
      await move(order, action, reason.value.trim());
      props.close(true);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      told.value = error.message;
    } finally {
      sending.value = false;
    }
  };
  return (
    <dialog
      ref={dialog}
      class="panel work-dialog"
      aria-labelledby="work-move-title"
      onClose={() => {
        props.close(false);
      }}
    >
      <h2 id="work-move-title">
        {order.number} {order.title}
      </h2>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <fieldset class="work-choices">
          <legend>{t("work.actions")}</legend>
          {possible.map((each) => (
            <label key={each}>
              <input type="radio" name="work-move" value={each} checked={each === action} onChange={() => (chosen.value = each)} />
              {t(`work.action.${each}`)} <span class="quiet">{t(`work.state.${LEADS[each]}`)}</span>
            </label>
          ))}
          {possible.length === 0 ? <p class="quiet">{t("work.no_action")}</p> : null}
        </fieldset>
        <p class="field">
          <label for="work-move-reason">{t(needsReason ? "work.reason" : "work.note_optional")}</label>
          <textarea id="work-move-reason" rows={2} maxLength={1_000} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </p>
        <p role="alert" class="told">
          {told.value}
        </p>
        <p class="work-dialog-buttons">
          <button type="submit" class="button" disabled={action === null || sending.value || phase.value !== "live"}>
            {t("board.do")}
          </button>
          <button type="button" class="button" onClick={() => { props.close(false); }}>
            {t("case_board.cancel")}
          </button>
        </p>
      </form>
    </dialog>
  );
}

interface Shared {
  readonly mayWork: boolean;
  readonly moving: Signal<Moving | null>;
  readonly dragged: Signal<WorkOrder | null>;
}

/** The nearest column to one side that an action leads to. */
function beside(order: WorkOrder, by: number): WorkAction | null {
  for (let at = WORK_STATES.indexOf(order.state) + by; at >= 0 && at < WORK_STATES.length; at += by) {
    const state = WORK_STATES[at];
    const action = state === undefined ? null : stepTo(order, state);
    if (action !== null) return action;
  }
  return null;
}

function Card(props: Shared & { order: WorkOrder }): JSX.Element {
  const { order, mayWork, moving, dragged } = props;
  const movable = mayWork && ACTIONS[order.state].length > 0;
  return (
    <li
      data-order={order.number}
      draggable={movable && phase.value === "live"}
      onDragStart={(event) => {
        event.dataTransfer?.setData("text/plain", String(order.number));
        dragged.value = order;
      }}
      onDragEnd={() => (dragged.value = null)}
      onKeyDown={(event) => {
        const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
        if (by === 0 || !event.altKey || !movable) return;
        event.preventDefault();
        const action = beside(order, by);
        if (action !== null) moving.value = { order, action };
      }}
    >
      <a href={`/maintenance/${String(order.number)}`}>{order.title}</a>
      <span class="quiet">{place(order.asset)}</span>
      <span>
        <Priority of={order.priority} /> {order.assignees.join(", ") || t("work.nobody")}
      </span>
      <span class="quiet">
        <Due order={order} />
      </span>
      {movable ? (
        <button type="button" class="small-button" disabled={phase.value !== "live"} onClick={() => (moving.value = { order, action: null })}>
          {t("board.move")}
          <span class="visually-hidden"> {order.title}</span>
        </button>
      ) : null}
    </li>
  );
}

function Column(props: Shared & { state: WorkState; orders: readonly WorkOrder[] }): JSX.Element {
  const { state, orders, moving, dragged } = props;
  const held = dragged.value;
  const action = held === null ? null : stepTo(held, state);
  return (
    <section
      class={`board-column${action === null ? "" : " board-takes"}`}
      aria-label={t(`work.state.${state}`)}
      data-column={state}
      onDragOver={(event) => {
        if (action !== null) event.preventDefault();
      }}
      onDrop={(event) => {
        event.preventDefault();
        if (held !== null && action !== null) moving.value = { order: held, action };
      }}
    >
      <h2>
        {t(`work.state.${state}`)} <span class="quiet">{orders.length}</span>
      </h2>
      <ul>
        {orders.map((order) => (
          <Card key={order.number} {...props} order={order} />
        ))}
      </ul>
    </section>
  );
}

export function Board(props: { orders: readonly WorkOrder[]; mayWork: boolean; changed: () => void }): JSX.Element {
  const moving = useMemo(() => signal<Moving | null>(null), []);
  const dragged = useMemo(() => signal<WorkOrder | null>(null), []);
  const shared = { mayWork: props.mayWork, moving, dragged };
  // Ended columns are shown where something is in them; none may come while a card is dragged, as others would move.
  const shown = WORK_STATES.filter(
    (state) => !ENDED.slice(1).includes(state) || props.orders.some((order) => order.state === state),
  );
  return (
    <>
      {props.mayWork ? <p class="quiet">{t("work.board_help")}</p> : null}
      <div class="work-board" tabIndex={0} role="region" aria-label={t("work.view.board")}>
        {shown.map((state) => (
          <Column key={state} {...shared} state={state} orders={props.orders.filter((order) => order.state === state)} />
        ))}
      </div>
      {moving.value === null ? null : (
        <Dialog
          key={moving.value.order.number}
          moving={moving.value}
          close={(moved) => {
            moving.value = null;
            if (moved) props.changed();
          }}
        />
      )}
    </>
  );
}
