/** A button that does something once: busy while it does, and its answer or refusal said beside it. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";

export interface Told {
  readonly text: Signal<string>;
  readonly bad: Signal<boolean>;
  readonly busy: Signal<boolean>;
}

export function useTold(): Told {
  return useMemo(() => ({ text: signal(""), bad: signal(false), busy: signal(false) }), []);
}

/** Runs one piece of work, says what came of it, and lets no second one begin meanwhile. */
export async function act(told: Told, work: () => Promise<string>): Promise<void> {
  if (told.busy.peek()) return;
  told.busy.value = true;
  told.bad.value = false;
  try {
    told.text.value = await work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    told.bad.value = true;
    told.text.value = t("plan.failed", { error: error.message });
  } finally {
    told.busy.value = false;
  }
}

export function Act(props: {
  readonly told: Told;
  readonly label: string;
  readonly work: () => Promise<string>;
  readonly off?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      class="button"
      disabled={props.told.busy.value || props.off === true || phase.value !== "live"}
      onClick={() => {
        void act(props.told, props.work);
      }}
    >
      {props.label}
    </button>
  );
}

export function Said(props: { readonly told: Told }): JSX.Element {
  return (
    <p class={props.told.bad.value ? "told told-bad" : "told"} role="status">
      {props.told.text.value}
    </p>
  );
}
