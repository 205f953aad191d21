/** A form that asks for a few things and does one thing with them; what came of it is said where `told` is shown. */

import type { ComponentChildren, JSX } from "preact";
import { phase } from "../live/session.ts";
import { text } from "../sign-in/form.tsx";
import { act, type Told } from "./act.tsx";

/** What was entered under a name, without blanks around it. */
export type Answer = (name: string) => string;

interface Props {
  readonly told: Told;
  readonly button: string;
  readonly work: (answer: Answer) => Promise<string>;
  readonly children: ComponentChildren;
}

/** It empties itself once its work is done. */
export function Ask(props: Props): JSX.Element {
  const { told } = props;
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const values = new FormData(form);
        void act(told, async () => {
          const said = await props.work((name) => text(values, name).trim());
          form.reset();
          return said;
        });
      }}
    >
      {props.children}
      <button type="submit" class="button" disabled={told.busy.value || phase.value !== "live"}>
        {props.button}
      </button>
    </form>
  );
}

interface WhyProps {
  readonly told: Told;
  readonly label: string;
  readonly reason: string;
  readonly work: (why: string) => Promise<string>;
}

/** Something that takes a reason: folded until it is asked for. */
export function AskWhy(props: WhyProps): JSX.Element {
  return (
    <details>
      <summary class="button">{props.label}</summary>
      <Ask told={props.told} button={props.label} work={(answer) => props.work(answer("reason"))}>
        <label>
          {props.reason}
          <input name="reason" required minLength={3} maxLength={1000} autocomplete="off" />
        </label>
      </Ask>
    </details>
  );
}
