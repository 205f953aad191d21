/** What a page shows when it has nothing to show: loading, empty, failed. */

import type { ComponentChildren, JSX } from "preact";
import { t } from "../i18n/index.ts";
import { ConditionGlyph } from "./glyph.tsx";

/** Boxes of about the size of what comes, so that nothing jumps. */
export function Loading(props: { rows?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: props.rows ?? 4 }, (_, i) => (
        <div key={i} class="skeleton-row" />
      ))}
    </div>
  );
}

/** Why there is nothing, and what to do next. */
export function Empty(props: { title: string; next?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.next === undefined ? null : <p>{props.next}</p>}
    </div>
  );
}

export function Failed(props: { error: Error; retry: () => void; title?: string }): JSX.Element {
  return (
    <div class="empty failed" role="alert">
      <p class="empty-title">
        <ConditionGlyph of="failed" /> {props.title ?? t("state.error")}
      </p>
      <p>{props.error.message}</p>
      <button type="button" class="button" onClick={props.retry}>
        {props.title === undefined ? t("state.retry") : t("state.reload")}
      </button>
    </div>
  );
}
