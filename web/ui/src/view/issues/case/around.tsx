/** What stood around an issue: what it brought along its line, its repeats, and what was so when it opened. */

import type { JSX } from "preact";
import type { Case, CaseContext, MachineState } from "../../../data/rest/cases.ts";
import { t, tOr } from "../../i18n/index.ts";
import { zone } from "../../live/session.ts";
import { title } from "../../parts/format.ts";
import { SeverityGlyph } from "../../parts/glyph.tsx";

const NAMES = ["product", "order", "operator", "shift", "tool", "recipe"] as const;
const MOST_CHANGES = 20;

export function Children(props: { of: Case }): JSX.Element | null {
  const { children } = props.of.issue;
  if (children.length === 0) return null;
  return (
    <section class="panel" aria-label={t("case.children")}>
      <h2>{t("case.children")}</h2>
      <ul class="case-list">
        {children.map((child) => (
          <li key={`${child.cause} ${child.signal}`}>
            <SeverityGlyph severity={child.severity} quiet={!child.active} /> {child.title}{" "}
            <span class="quiet">
              {tOr(`relation.${child.consequence === "" ? child.relation : child.consequence}`, child.relation)} ·{" "}
              {t(child.active ? "issues.active" : "issues.cleared")} · {zone.value.format(child.onset_ms, "seconds")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function States(props: { states: readonly MachineState[] }): JSX.Element {
  const { states } = props;
  const first = states[0]?.start_ms ?? 0;
  const whole = (states.at(-1)?.end_ms ?? first) - first;
  return (
    <>
      <h3>{t("case.states")}</h3>
      <svg class="case-states" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label={t("case.states")}>
        {states.map((each) => (
          <rect
            key={each.start_ms}
            class={`booked booked-${each.booked}`}
            x={whole <= 0 ? 0 : ((each.start_ms - first) / whole) * 1_000}
            width={whole <= 0 ? 0 : Math.max(1, ((each.end_ms - each.start_ms) / whole) * 1_000)}
            y={each.booked === "apt" ? 8 : 0}
            height={each.booked === "apt" ? 16 : 24}
          />
        ))}
      </svg>
      <details>
        <summary>{t("chart.table")}</summary>
        <ul class="case-list">
          {states.slice(-30).map((each) => (
            <li key={each.start_ms}>
              {zone.value.format(each.start_ms, "seconds")} {title(each.state)} <span class="quiet">{each.booked}</span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

function Known(props: { context: CaseContext }): JSX.Element {
  const { context } = props;
  const states = context.states ?? [];
  const changes = context.changes ?? [];
  return (
    <>
      <dl class="facts">
        {NAMES.map((name) => (
          <div key={name}>
            <dt>{t(`context.${name}`)}</dt>
            <dd>{(context[name] ?? "") === "" ? t("value.none") : context[name]}</dd>
          </div>
        ))}
      </dl>
      {Object.entries(context.on_duty ?? {}).map(([team, people]) => (
        <p key={team}>{t("context.on_duty", { team, people: people.join(", ") || t("value.none") })}</p>
      ))}
      {states.length === 0 ? null : <States states={states} />}
      <h3>{t("case.changes")}</h3>
      {changes.length === 0 ? <p class="quiet">{t("case.no_changes")}</p> : null}
      <ul class="case-list">
        {changes.slice(0, MOST_CHANGES).map((change) => (
          <li key={`${String(change.time_ms)} ${change.text}`}>
            {change.text} <span class="quiet">{change.by} · {zone.value.format(change.time_ms, "full")}</span>
          </li>
        ))}
      </ul>
      {(context.maintenance ?? []).length === 0 ? null : (
        <>
          <h3>{t("context.maintenance")}</h3>
          <ul class="case-list">
            {(context.maintenance ?? []).map((order) => (
              <li key={order.number}>
                <a href={`/maintenance/${String(order.number)}`}>
                  {order.number} {order.title}
                </a>{" "}
                <span class="tag">{tOr(`work.state.${order.state}`, order.state)}</span>{" "}
                <span class="quiet">
                  {[order.by, zone.value.format(order.time_ms, "full"), ...order.parts].join(" · ")}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {(context.missing ?? []).map((each) => (
        <p key={each} class="note">
          {each}
        </p>
      ))}
    </>
  );
}

export function Around(props: { of: Case }): JSX.Element {
  const { of } = props;
  return (
    <section class="panel" aria-label={t("case.context")}>
      <h2>{t("case.context")}</h2>
      {of.repeats.length === 0 ? null : (
        <p>
          {t("case.repeats")}{" "}
          {of.repeats.map((each) => (
            <a key={each} class="tag" href={`/issues/${String(each)}`}>
              {t("issue.title", { number: each })}
            </a>
          ))}
        </p>
      )}
      {of.context === null ? <p class="quiet">{t("case.context_waits")}</p> : <Known context={of.context} />}
    </section>
  );
}
