/** Keys of the whole page: `/` search, `?` help, and `g` with the letter of a place, such as `g f` for the floor. */

import { signal } from "@preact/signals";
import { PLACES } from "./places.ts";
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

const BY_KEY = new Map(PLACES.flatMap((place) => (place.key === undefined ? [] : [[place.key, place.at] as const])));

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

export function listenToKeys(focusSearch: () => void): void {
  let chordUntilMs = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Escape") helpOpen.value = false;
    if (typing(event.target) || !keysOn.value || helpOpen.value) return;
    const place = BY_KEY.get(event.key);
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
