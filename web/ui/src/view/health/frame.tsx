/** What every page about the gateway has in common: its heading, and the way to the others. */

import type { ComponentChildren, JSX } from "preact";
import { path } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import "./health.css";

const PAGES: readonly (readonly [string, Key])[] = [
  ["/health", "health.overview"],
  ["/health/connectors", "health.connectors"],
  ["/health/unknown", "health.unknown_short"],
  ["/health/dead-letters", "health.dead"],
  ["/health/gaps", "health.gaps_short"],
];

export function HealthFrame(props: { heading: string; beside?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  const here = path.value.replace(/\/$/, "");
  return (
    <div class="health">
      <div class="page-head">
        <h1>{props.heading}</h1>
        <nav class="segments" aria-label={t("health.pages")}>
          {PAGES.map(([to, label]) => (
            <a key={to} href={to} aria-current={here === to ? "true" : undefined}>
              {t(label)}
            </a>
          ))}
        </nav>
        {props.beside}
      </div>
      {props.children}
    </div>
  );
}
