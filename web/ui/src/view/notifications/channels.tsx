/** The channels, and a button that tests each. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { channels, testChannel, type Channel } from "../../data/rest/notify.ts";
import { none, TableSection, waiting } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock } from "../live/session.ts";
import { age } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { tell } from "../people/quick.tsx";

const REFRESH_MS = 10_000;
const GLYPHS = { untried: "starting", working: "good", failing: "failed" } as const;

export function Channels(props: { readonly mayTest: boolean }): JSX.Element {
  const resource = useResource(channels, [], REFRESH_MS);
  const told = useMemo(() => signal(""), []);
  const heading = t("notify.channels");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  if (pending !== null) return pending;
  const test = (name: string): void => {
    void tell(told, async () => {
      const done = await testChannel(name);
      await resource.load();
      return done.state === "sent"
        ? t("notify.tested.sent", { name })
        : t("notify.tested.failed", { name, error: done.error });
    });
  };
  const row = (each: Channel): JSX.Element => (
    <tr key={each.name} data-channel={each.name}>
      <td>{each.name}</td>
      <td>{each.target === "" ? t("notify.own_page") : each.target}</td>
      <td>
        <span class="chip">
          <ConditionGlyph of={GLYPHS[each.state]} />
          {t(`notify.channel_state.${each.state}`)}
        </span>
        {each.state === "failing" ? <span class="quiet"> {each.last_error}</span> : null}
      </td>
      <td class="num">{each.last_sent_ms === null ? none() : age(serverClock.now() - each.last_sent_ms)}</td>
      <td class="num">{each.waiting}</td>
      {props.mayTest ? (
        <td>
          <button
            type="button"
            class="button"
            onClick={() => {
              test(each.name);
            }}
          >
            {t("notify.test", { name: each.name })}
          </button>
        </td>
      ) : null}
    </tr>
  );
  return (
    <>
      <TableSection
        name="channels"
        heading={heading}
        heads={[
          { text: t("notify.channel") },
          { text: t("notify.leads_to") },
          { text: t("notify.state") },
          { text: t("notify.last_sent"), num: true },
          { text: t("notify.waiting"), num: true },
          ...(props.mayTest ? [{ text: t("people.actions") }] : []),
        ]}
        empty=""
        rows={(resource.value ?? []).map(row)}
      />
      <p role="status" class="told">
        {told.value}
      </p>
    </>
  );
}
