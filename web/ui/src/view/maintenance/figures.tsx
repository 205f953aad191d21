/** MTBF, MTTR, MTTA and availability from the work orders, and the meters of preventive triggers. */

import type { JSX } from "preact";
import { reliability, triggers, type Trigger } from "../../data/rest/maintenance.ts";
import { none, TableSection, waiting } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { useWorkChanges } from "../live/work-orders.ts";
import { serverClock } from "../live/session.ts";
import { age, number } from "../parts/format.ts";
import { place } from "./table.tsx";

const RANGE_MS = 90 * 86_400_000;

const now = (): number => {
  const known = serverClock.now();
  return Number.isNaN(known) ? Date.now() : known;
};

export function Figures(props: { asset: string }): JSX.Element {
  const resource = useResource(() => reliability(now() - RANGE_MS, now() + 1, props.asset), [props.asset]);
  useWorkChanges(resource);
  const heading = t("work.figures");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  const found = resource.value;
  if (pending !== null || found === null) return pending ?? <section class="panel" />;
  const length = (seconds: number | null): string => (seconds === null ? none() : age(seconds * 1_000));
  const facts = [
    ["work.mtbf", length(found.mtbf_s)],
    ["work.mttr", length(found.mttr_s)],
    ["work.mtta", length(found.mtta_s)],
    ["work.availability", found.availability === null ? none() : `${number(found.availability * 100, 1)} %`],
    ["work.failures", number(found.failures)],
    ["work.overdue_count", number(found.overdue)],
  ] as const;
  return (
    <section class="panel" aria-label={heading} data-section="reliability">
      <h2>{heading}</h2>
      <p class="quiet">{t("work.figures_note")}</p>
      <dl class="work-figures">
        {facts.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Used(props: { trigger: Trigger }): JSX.Element {
  const { used } = props.trigger;
  if (used === null) return <>{none()}</>;
  const shown = `${number(used * 100)} %`;
  return (
    <>
      <progress value={used} max={1} aria-label={`${t("work.trigger_used")}: ${props.trigger.title}`} /> {shown}
    </>
  );
}

export function Triggers(): JSX.Element {
  const resource = useResource(triggers, []);
  useWorkChanges(resource);
  const heading = t("work.triggers");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  if (pending !== null) return pending;
  const row = (each: Trigger): JSX.Element => (
    <tr key={`${each.trigger} ${each.machine}`} data-trigger={each.trigger}>
      <td>{each.title}</td>
      <td>{each.machine === "" ? none() : place(each.machine)}</td>
      <td class="num">{each.every === null ? none() : `${number(each.total, 1)} ${each.unit}`}</td>
      <td>
        <Used trigger={each} />
      </td>
      <td class="num">
        {each.last_order === null ? none() : <a href={`/maintenance/${String(each.last_order)}`}>{each.last_order}</a>}
      </td>
    </tr>
  );
  return (
    <TableSection
      name="triggers"
      heading={heading}
      heads={[
        { text: t("work.what") },
        { text: t("work.asset") },
        { text: t("work.trigger_meter"), num: true },
        { text: t("work.trigger_used") },
        { text: t("work.last_order"), num: true },
      ]}
      empty={t("work.triggers_empty")}
      rows={(resource.value ?? []).map(row)}
    />
  );
}
