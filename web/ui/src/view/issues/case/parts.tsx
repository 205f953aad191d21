/** What the sections of a case share: one request at a time, its outcome in words, and fields. */

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useMemo } from "preact/hooks";
import { t } from "../../i18n/index.ts";
import { phase } from "../../live/session.ts";

export interface Sender {
  readonly told: Signal<string>;
  readonly busy: Signal<boolean>;
  /** Sends once; says what failed, and reloads the case when it was done. */
  readonly send: (work: () => Promise<unknown>) => Promise<boolean>;
}

export function useSender(changed: () => void): Sender {
  return useMemo(() => {
    const told = signal("");
    const busy = signal(false);
    const send = async (work: () => Promise<unknown>): Promise<boolean> => {
      if (busy.value || phase.value !== "live") return false;
      busy.value = true;
      told.value = "";
      try {
        await work();
        told.value = t("case.saved");
        changed();
        return true;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        told.value = t("issue.failed", { error: error.message });
        return false;
      } finally {
        busy.value = false;
      }
    };
    return { told, busy, send };
  }, [changed]);
}

export function Told(props: { of: Sender }): JSX.Element {
  return (
    <p role="status" class="action-result">
      {props.of.told.value}
    </p>
  );
}

export function Labelled(props: { label: string; children: ComponentChildren }): JSX.Element {
  return (
    <label class="field">
      {props.label}
      {props.children}
    </label>
  );
}

export const able = (of: Sender): boolean => phase.value === "live" && !of.busy.value;

/** A time of day as a browser's field wants it, in the browser's own zone as such fields are. */
export function localInput(ms: number): string {
  const at = new Date(ms);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
