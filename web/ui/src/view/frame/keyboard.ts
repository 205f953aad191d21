/** Keys of the whole page: `/` search, `g f` floor, `g i` issues, `g e` explore, `g h` health, `?` help. */

import { signal } from "@preact/signals";
import { go } from "./router.ts";

const KEY = "taktline.keys";
const CHORD_MS = 1_500;

export const helpOpen = signal(false);
export const keysOn = signal(localStorage.getItem(KEY) !== "off");

/** Single-letter keys can be switched off (WCAG 2.1.4): speech input and shaky hands trigger them. */
export function setKeys(on: boolean): void {
  keysOn.value = on;
  localStorage.setItem(KEY, on ? "on" : "off");
}

const PLACES: Readonly<Record<string, string>> = { f: "/floor", i: "/issues", e: "/explore", h: "/health" };

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listenToKeys(focusSearch: () => void): void {
  let chordUntilMs = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") helpOpen.value = false;
    if (typing(event.target) || !keysOn.value || helpOpen.value) return;
    const place = PLACES[event.key];
    if (performance.now() < chordUntilMs && place !== undefined) go(place);
    else if (event.key === "/") focusSearch();
    else if (event.key === "?") helpOpen.value = true;
    else {
      chordUntilMs = event.key === "g" ? performance.now() + CHORD_MS : 0;
      return;
    }
    chordUntilMs = 0;
    event.preventDefault();
  });
}
