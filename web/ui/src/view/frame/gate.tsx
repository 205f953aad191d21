/** Shows the page to who is signed in, and the door to everybody else. */

import { effect, signal } from "@preact/signals";
import type { ComponentType, JSX } from "preact";
import { followIssues } from "../live/issues.ts";
import { live, phase, start } from "../live/session.ts";
import { askWho, door } from "../live/who.ts";
import { Loading } from "../parts/states.tsx";
import { App } from "./app.tsx";

const Door = signal<ComponentType | null>(null);
const wantsDoor = /^\/(?:setup|kiosk|acknowledge)$/.test(location.pathname) && location.hash !== "";
let started = false;

effect(() => {
  if (door.value === "in" && !wantsDoor && !started) {
    started = true;
    followIssues();
    start();
  }
  if (door.value === "out" || wantsDoor) {
    live.stop();
    void import("../sign-in/page.tsx").then((found) => (Door.value = found.DoorPage));
  }
});

// The feed does not say why it closed: a session that has ended is one reason.
effect(() => {
  if (phase.value === "waiting" && door.peek() === "in") void askWho();
});

export function Gate(): JSX.Element {
  if (door.value === "in" && !wantsDoor) return <App />;
  const Found = Door.value;
  return Found === null ? <Loading /> : <Found />;
}
