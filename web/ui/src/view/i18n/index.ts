/** Every text of the page comes from here, by key; `?lang=en-XA` shows which text does not. */

import { en, type Catalogue, type Key } from "./en.ts";

/** Widened and bracketed English: text that is not in it on screen did not come through the catalogue. */
function pseudo(): Catalogue {
  const wide = (text: string): string => `[${text.replace(/[aeiou](?![^{]*\})/g, (c) => `${c}${c}`)}]`;
  return Object.fromEntries(Object.entries(en).map(([key, text]) => [key, wide(text)])) as Catalogue;
}

const catalogue: Catalogue = new URLSearchParams(location.search).get("lang") === "en-XA" ? pseudo() : en;

/** The text for a key with its {placeholders} filled. */
export function t(key: Key, fill: Readonly<Record<string, string | number>> = {}): string {
  return catalogue[key].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = fill[name];
    return value === undefined ? whole : String(value);
  });
}

/** The text for a key made from a value the server sent, or that value itself where there is none. */
export function tOr(key: string, fallback: string): string {
  return key in catalogue ? catalogue[key as Key] : fallback;
}

export type { Key };
