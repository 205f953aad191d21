/** What became of every message: filtered by state in the address, a page at a time. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { deliveries, DELIVERY_STATES, retryDelivery, type Delivery } from "../../data/rest/notify.ts";
import { query, withParts, withQuery } from "../frame/router.ts";
import { none, TableSection, waiting } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { Pager } from "../parts/pager.tsx";
import { tell } from "../people/quick.tsx";

const REFRESH_MS = 10_000;

function Filter(props: { chosen: string }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("notify.state")}>
      <a href={withParts({ state: [], before: [] })} aria-current={props.chosen === "" ? "true" : undefined}>
        {t("notify.all")}
      </a>
      {DELIVERY_STATES.map((state) => (
        <a
          key={state}
          href={withParts({ state: [state], before: [] })}
          aria-current={props.chosen === state ? "true" : undefined}
        >
          {t(`notify.delivery.${state}`)}
        </a>
      ))}
    </nav>
  );
}

function What(props: { message: Delivery }): JSX.Element {
  const { message } = props;
  return message.issue === null ? <>{message.subject}</> : <a href={`/issues/${String(message.issue)}`}>{message.subject}</a>;
}

export function Log(props: { readonly mayRetry: boolean }): JSX.Element {
  const chosen = DELIVERY_STATES.find((each) => each === query.value.get("state")) ?? "";
  const asked = Number(query.value.get("before"));
  const before = Number.isInteger(asked) && asked > 0 ? asked : null;
  const resource = useResource(() => deliveries(chosen, "", before), [chosen, before], REFRESH_MS);
  const told = useMemo(() => signal(""), []);
  const heading = t("notify.log");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  const found = resource.value;
  const again = (id: number): void => {
    void tell(told, async () => {
      await retryDelivery(id);
      await resource.load();
      return t("notify.retried", { id });
    });
  };
  const row = (each: Delivery): JSX.Element => (
    <tr key={each.id} data-delivery={each.id}>
      <td class="num">{zone.value.format(each.created_ms, "full")}</td>
      <td>{each.person}</td>
      <td>{each.channel}</td>
      <td>
        <What message={each} />
      </td>
      <td>{t(`notify.delivery.${each.state}`)}</td>
      <td class="num">{each.tries}</td>
      <td>{each.error === "" ? none() : each.error}</td>
      {props.mayRetry ? (
        <td>
          {each.kind !== "test" && (each.state === "failed" || each.state === "unknown") ? (
            <button
              type="button"
              class="button"
              onClick={() => {
                again(each.id);
              }}
            >
              {t("notify.retry", { id: each.id })}
            </button>
          ) : null}
        </td>
      ) : null}
    </tr>
  );
  return (
    <>
      <Filter chosen={chosen} />
      {pending ?? (
        <TableSection
          name="deliveries"
          heading={heading}
          heads={[
            { text: t("notify.time") },
            { text: t("notify.to") },
            { text: t("notify.channel") },
            { text: t("notify.message") },
            { text: t("notify.state") },
            { text: t("notify.tries"), num: true },
            { text: t("notify.error") },
            ...(props.mayRetry ? [{ text: t("people.actions") }] : []),
          ]}
          empty={t("notify.log_empty")}
          rows={(found?.items ?? []).map(row)}
        />
      )}
      <p role="status" class="told">
        {told.value}
      </p>
      <Pager
        text=""
        newer={before === null ? null : withQuery("before", "")}
        older={found === null || found.next_before === null ? null : withQuery("before", String(found.next_before))}
      />
    </>
  );
}
