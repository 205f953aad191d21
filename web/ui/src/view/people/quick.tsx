/** A small form that sends once, empties itself, and says what came of it. */

import { signal, type Signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";

interface Props {
  readonly button: string;
  readonly told: Signal<string>;
  readonly send: (values: FormData) => Promise<string>;
  readonly children: ComponentChildren;
}

/** Runs what a person asked for, and shows its answer or why it failed. */
export async function tell(told: Signal<string>, work: () => Promise<string>): Promise<boolean> {
  try {
    told.value = await work();
    return true;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    told.value = error.message;
    return false;
  }
}

export function Quick(props: Props): JSX.Element {
  const sending = useMemo(() => signal(false), []);
  const form = useRef<HTMLFormElement>(null);
  const submit = async (): Promise<void> => {
    const at = form.current;
    if (at === null || sending.value) return;
    sending.value = true;
    const values = new FormData(at);
    if (await tell(props.told, () => props.send(values))) at.reset();
    sending.value = false;
  };
  return (
    <form
      ref={form}
      class="quick"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {props.children}
      <button type="submit" class="button" disabled={sending.value}>
        {props.button}
      </button>
      <p role="status" class="told">
        {props.told.value}
      </p>
    </form>
  );
}
