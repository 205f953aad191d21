/** The marks between digits: of the language chosen in this browser, else of the browser's own. */

const KEY = "taktline.numbers";

/** One of each way to write a number; a browser's own language may be any other. */
export const LOCALES = ["en-US", "de-DE", "fr-FR", "de-CH", "en-IN"] as const;

export function localeChoice(): string {
  const kept = localStorage.getItem(KEY) ?? "";
  return (LOCALES as readonly string[]).includes(kept) ? kept : "";
}

export function chooseLocale(value: string): void {
  localStorage.setItem(KEY, value);
  location.reload();
}

/** The locale of numbers; `?numbers=` serves links and tests. */
export function numberLocale(): string {
  const asked = new URLSearchParams(location.search).get("numbers") ?? "";
  const wanted = asked !== "" ? asked : localeChoice();
  try {
    return wanted === "" ? navigator.language : (Intl.NumberFormat.supportedLocalesOf(wanted)[0] ?? navigator.language);
  } catch (error) {
    // A link with a malformed locale still opens.
    console.info("no such locale", error);
    return navigator.language;
  }
}
