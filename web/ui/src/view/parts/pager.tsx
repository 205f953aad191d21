/** Steps through a list that is longer than one page; where one stands is in the address. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";

/** Links to the pages before and after, each null where there is none. */
export function Pager(props: { text: string; newer: string | null; older: string | null }): JSX.Element | null {
  const { newer, older } = props;
  if (newer === null && older === null) return null;
  return (
    <nav class="pager" aria-label={t("pager.label")}>
      <span class="quiet" role="status">{props.text}</span>
      {newer === null ? null : <a class="button" href={newer}>{t("pager.newer")}</a>}
      {older === null ? null : <a class="button" href={older}>{t("pager.older")}</a>}
    </nav>
  );
}

export interface Slice<T> {
  readonly items: readonly T[];
  readonly page: number;
  readonly pages: number;
}

/** One page of a list that is here as a whole; `page` counts from 1 and is set to the nearest there is. */
export function slice<T>(all: readonly T[], page: number, size: number): Slice<T> {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const shown = Math.min(Math.max(1, Number.isInteger(page) ? page : 1), pages);
  return { items: all.slice((shown - 1) * size, shown * size), page: shown, pages };
}
