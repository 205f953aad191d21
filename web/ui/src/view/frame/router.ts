/** Real paths, view state in the query: a link reproduces what is seen. */

import { computed, signal } from "@preact/signals";

const here = (): string => location.pathname + location.search;

export const url = signal(here());
export const path = computed(() => new URL(url.value, location.origin).pathname);
export const query = computed(() => new URL(url.value, location.origin).searchParams);

/** Goes to an address of this page; `replace` leaves no step to go back to. */
export function go(to: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", to);
  else history.replaceState(null, "", to);
  const changed = new URL(to, location.origin).pathname !== path.peek();
  url.value = here();
  if (changed) scrollTo(0, 0);
}

/** This page's address with one part of its query set, or removed where the value is empty. */
export function withQuery(name: string, value: string): string {
  const next = new URLSearchParams(query.value);
  if (value === "") next.delete(name);
  else next.set(name, value);
  const text = next.toString();
  return path.value + (text === "" ? "" : `?${text}`);
}

/** This page's address with several parts of its query set; a part without values is removed. */
export function withParts(parts: Readonly<Record<string, readonly string[]>>): string {
  const next = new URLSearchParams(query.value);
  for (const [name, values] of Object.entries(parts)) {
    next.delete(name);
    for (const value of values) next.append(name, value);
  }
  const text = next.toString();
  return path.value + (text === "" ? "" : `?${text}`);
}

/** Makes links of this page change the page instead of loading it. */
export function catchLinks(): void {
  addEventListener("popstate", () => {
    url.value = here();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link === null || (link.getAttribute("target") ?? "") !== "") return;
    // A link in a drawing is an SVG element, which has its address and nothing made of it.
    const to = new URL(link.getAttribute("href") ?? "", location.href);
    if (to.origin !== location.origin || to.hash !== "" || to.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(to.pathname + to.search);
  });
}

const steps = (path: string): string => path.split("/").map(encodeURIComponent).join("/");

export const machineUrl = (machine: string): string => `/machine/${steps(machine)}`;
export const lineUrl = (line: string): string => `/floor/${steps(line)}`;
