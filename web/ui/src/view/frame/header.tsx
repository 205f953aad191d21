/** The bar at the top: search, whether data is live, and what time it is in the plant. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { phase, serverClock, site, zone, zoneKnown } from "../live/session.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { helpOpen } from "./keyboard.ts";
import { navOpen, toggleNav } from "./nav.tsx";
import { Search } from "./search.tsx";
import { SignOut } from "./sign-out.tsx";
import { theme, toggleTheme } from "./theme.ts";

function Clock(): JSX.Element {
  void textTick.value;
  const now = serverClock.now();
  const known = !Number.isNaN(now) && zoneKnown.value;
  return (
    <div class="clock" title={zone.value.name}>
      <span class="visually-hidden">{t("clock.label")}</span>
      <time>{known ? zone.value.format(now, "clock") : t("value.none")}</time>
      <span class="clock-zone">{known ? zone.value.name : ""}</span>
    </div>
  );
}

function Liveness(): JSX.Element {
  const now = phase.value;
  const condition = now === "live" ? "good" : now === "connecting" ? "starting" : "failed";
  return (
    <span class={`liveness liveness-${now}`} data-phase={now}>
      <ConditionGlyph of={condition} />
      {t(`live.${now}`)}
    </span>
  );
}

export function Header(): JSX.Element {
  const dark = theme.value === "dark";
  return (
    <header class="top">
      <button
        type="button"
        class="icon-button"
        aria-expanded={navOpen.value}
        aria-controls="nav"
        aria-label={t("nav.menu")}
        onClick={toggleNav}
      >
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <path d="M3 5h18v2.4H3zM3 10.8h18v2.4H3zM3 16.6h18V19H3z" />
        </svg>
      </button>
      <a class="brand" href="/floor" title={t("nav.home")}>
        <svg viewBox="0 0 32 20" aria-hidden="true" focusable="false">
          <path d="M1 13h7l4-11 6 16 4-9h9" />
        </svg>
        <span>{t("app.name")}</span>
        {site.value === "" ? null : <span class="brand-site">{site.value}</span>}
      </a>
      <Search />
      <Liveness />
      <Clock />
      <SignOut />
      <button type="button" class="icon-button" onClick={toggleTheme} aria-label={t(dark ? "theme.to_light" : "theme.to_dark")}>
        <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <circle cx="12" cy="12" r="8" class="i-line" />
          <path d="M12 4a8 8 0 0 1 0 16z" />
        </svg>
      </button>
      <button type="button" class="icon-button" onClick={() => (helpOpen.value = true)} aria-label={t("help.open")}>
        <span aria-hidden="true">?</span>
      </button>
    </header>
  );
}
