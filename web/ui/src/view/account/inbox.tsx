/** What one was told on the page, newest first. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { inbox, seen, type Delivery } from "../../data/rest/notify.ts";
import { waiting } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";
import { tell } from "../people/quick.tsx";

const REFRESH_MS = 10_000;

export function Inbox(): JSX.Element {
  const resource = useResource(inbox, [], REFRESH_MS);
  const told = useMemo(() => signal(""), []);
  const heading = t("account.inbox");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  if (pending !== null) return pending;
  const found = resource.value ?? [];
  const read = (id: number): void => {
    void tell(told, async () => {
      await seen(id);
      await resource.load();
      return "";
    });
  };
  const entry = (each: Delivery): JSX.Element => (
    <li key={each.id} data-message={each.id}>
      <p class="message-head">
        <SeverityGlyph severity={each.severity} quiet={each.seen_ms !== null} />
        <strong>{each.issue === null ? each.subject : <a href={`/issues/${String(each.issue)}`}>{each.subject}</a>}</strong>
        <span class="quiet">{zone.value.format(each.created_ms, "full")}</span>
        {each.seen_ms === null ? (
          <>
            <span class="tag">{t("account.unread")}</span>
            <button
              type="button"
              class="small-button"
              onClick={() => {
                read(each.id);
              }}
            >
              {t("account.read", { id: each.id })}
            </button>
          </>
        ) : null}
      </p>
      <p class="message-body">{each.body}</p>
    </li>
  );
  return (
    <section class="panel" aria-label={heading} data-section="inbox">
      <h2>{heading}</h2>
      <p role="status" class="told">
        {told.value}
      </p>
      {found.length === 0 ? <p class="quiet">{t("account.inbox_empty")}</p> : <ul class="messages">{found.map(entry)}</ul>}
    </section>
  );
}
