/** Dark or light: by `?theme=`, else as chosen here before, else as the system asks. */

import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "taktline.theme";

const isTheme = (value: string | null): value is Theme => value === "dark" || value === "light";

function first(): Theme {
  const asked = new URLSearchParams(location.search).get("theme");
  if (isTheme(asked)) return asked;
  const kept = localStorage.getItem(KEY);
  if (isTheme(kept)) return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const theme = signal<Theme>(first());

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
}

/** A colour token's present value, for canvases. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
