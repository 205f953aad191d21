/** The last step before a machine hears of it: what exactly, how long it is good, hold or type to send. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { phase } from "../live/session.ts";

const HOLD_MS = 1_000;
const TICK_MS = 250;

interface Props {
  readonly what: string;
  readonly machine: string;
  readonly lastsS: number;
  readonly send: () => void;
  readonly back: (ranOut: boolean) => void;
}

/** A button that acts after it was held for a second, by pointer, space or enter; letting go earlier does nothing. */
function Hold(props: { readonly act: () => void; readonly disabled: boolean }): JSX.Element {
  const holding = useMemo(() => signal(false), []);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = (): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
    holding.value = false;
  };
  const start = (): void => {
    if (props.disabled || timer.current !== undefined) return;
    holding.value = true;
    timer.current = setTimeout(() => {
      stop();
      props.act();
    }, HOLD_MS);
  };
  useEffect(() => stop, []);
  const key = (event: KeyboardEvent, then: () => void): void => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    then();
  };
  return (
    <button
      type="button"
      class={holding.value ? "button hold hold-on" : "button hold"}
      disabled={props.disabled}
      onPointerDown={start}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onBlur={stop}
      onContextMenu={(event) => {
        event.preventDefault();
      }}
      onKeyDown={(event) => {
        if (!event.repeat) key(event, start);
        else event.preventDefault();
      }}
      onKeyUp={(event) => {
        key(event, stop);
      }}
    >
      {t(holding.value ? "control.holding" : "control.hold")}
    </button>
  );
}

export function Confirm(props: Props): JSX.Element {
  const left = useMemo(() => signal(Math.ceil(props.lastsS)), []);
  const typed = useMemo(() => signal(""), []);
  const box = useRef<HTMLDivElement>(null);
  const until = useMemo(() => performance.now() + props.lastsS * 1_000, []);
  useEffect(() => {
    box.current?.focus();
    const timer = setInterval(() => {
      left.value = Math.max(0, Math.ceil((until - performance.now()) / 1_000));
      if (left.value === 0) props.back(true);
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, []);
  const dead = phase.value !== "live" || left.value === 0;
  return (
    <div
      ref={box}
      class="confirm"
      role="group"
      aria-label={props.what}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === "Escape") props.back(false);
      }}
    >
      <p class="confirm-what">{props.what}</p>
      <p class="quiet">{t("control.expires", { n: left.value })}</p>
      <div class="buttons">
        <Hold act={props.send} disabled={dead} />
        <button
          type="button"
          class="button"
          onClick={() => {
            props.back(false);
          }}
        >
          {t("control.cancel")}
        </button>
      </div>
      <form
        class="confirm-type"
        onSubmit={(event) => {
          event.preventDefault();
          if (!dead && typed.value.trim() === props.machine) props.send();
        }}
      >
        <label for="confirm-name">{t("control.or_type", { name: props.machine })}</label>
        <input
          id="confirm-name"
          type="text"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
          }}
        />
        <button type="submit" class="button" disabled={dead || typed.value.trim() !== props.machine}>
          {t("control.send")}
        </button>
      </form>
    </div>
  );
}
