/** The navigation at the left, in groups; on small screens it opens over the page by its button. */

import { computed, signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { openBySeverity, SEVERITIES } from "../live/issues.ts";
import { who } from "../live/who.ts";
import { GROUPS, placeOf, type Place } from "./places.ts";
import { path } from "./router.ts";

const KEY = "taktline.nav";
const wide = matchMedia("(min-width: 1200px)");
const isWide = signal(wide.matches);
/** On wide screens the navigation stays, unless it was put away here before; on small ones it opens for one choice. */
const kept = signal(localStorage.getItem(KEY) !== "closed");
const over = signal(false);

export const navOpen = computed(() => (isWide.value ? kept.value : over.value));

wide.addEventListener("change", (event) => {
  isWide.value = event.matches;
  over.value = false;
});

export function toggleNav(): void {
  if (!isWide.value) {
    over.value = !over.value;
    return;
  }
  kept.value = !kept.value;
  localStorage.setItem(KEY, kept.value ? "open" : "closed");
}

function mayGo(place: Place): boolean {
  return place.right === undefined || who.value === null || who.value.rights.includes(place.right);
}

function Link(props: { place: Place; here: string }): JSX.Element {
  const { place, here } = props;
  const open = SEVERITIES.reduce((sum, severity) => sum + openBySeverity.value[severity], 0);
  const current = here === place.at ? "page" : placeOf(here) === place ? "true" : undefined;
  return (
    <li>
      <a href={place.at} aria-current={current}>
        {t(place.title)}
        {place.at === "/issues" && open > 0 ? <span class="nav-count">{open}</span> : null}
      </a>
    </li>
  );
}

export function Nav(): JSX.Element | null {
  const here = path.value;
  useEffect(() => {
    over.value = false;
  }, [here]);
  useEffect(() => {
    const leave = (event: KeyboardEvent): void => {
      if (event.key === "Escape") over.value = false;
    };
    document.addEventListener("keydown", leave);
    return () => {
      document.removeEventListener("keydown", leave);
    };
  }, []);
  if (!navOpen.value) return null;
  return (
    <nav id="nav" class="nav" aria-label={t("nav.label")}>
      {GROUPS.map((group) => {
        const places = group.places.filter(mayGo);
        if (places.length === 0) return null;
        const id = `nav-${group.title}`;
        return (
          <div key={group.title} class="nav-group">
            <p id={id}>{t(group.title)}</p>
            <ul aria-labelledby={id}>
              {places.map((place) => (
                <Link key={place.at} place={place} here={here} />
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
