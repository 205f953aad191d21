/** A machine as it is read from across the hall: seven facts at most. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import type { FloorStore } from "../live/floor.ts";
import { concerns, openIssues } from "../live/issues.ts";
import { worstFirst } from "../issues/order.ts";
import { StateGlyph, SeverityGlyph } from "../parts/glyph.tsx";
import { unacknowledged } from "../parts/severity.tsx";
import { Value } from "../parts/value.tsx";

const OTHERS = 2;

export function KioskTile(props: { machine: string; store: FloorStore }): JSX.Element {
  const model = props.store.model(props.machine)?.value ?? null;
  const issues = worstFirst((openIssues.value ?? []).filter((issue) => concerns(issue, props.machine)));
  if (model === null) return <article class="wall-tile wall-waiting" />;
  const worst = issues[0];
  const known = model.stateFreshness === "fresh" && !model.dark;
  return (
    <article
      class={`wall-tile${model.stateful ? ` wall-${model.state}` : ""}${model.dark ? " wall-dark" : ""} ${unacknowledged(issues)}`}
      data-machine={model.path}
    >
      <h3>{model.name}</h3>
      {model.stateful || model.dark ? (
        <p class="wall-state">
          <StateGlyph of={known ? model.state : "none"} />
          <strong>{known ? model.word : t(model.away > 0 ? "packml.away" : "packml.none")}</strong>
          <span>{known ? model.since : ""}</span>
        </p>
      ) : null}
      {model.speed === null ? null : (
        <p class="wall-fact">
          <span>{t("tile.speed")}</span>
          <Value text={model.speed.text} freshness={model.speed.freshness} age={model.speed.age} unit={model.speed.unit} />
        </p>
      )}
      {model.good === null ? null : (
        <p class="wall-fact">
          <span>{t("tile.good")}</span>
          <Value {...model.good} />
        </p>
      )}
      {model.key === null ? null : (
        <p class="wall-fact">
          <span>{model.key.label}</span>
          <Value text={model.key.text} freshness={model.key.freshness} age={model.key.age} unit={model.key.unit} />
        </p>
      )}
      {model.others.slice(0, OTHERS).map((other) => (
        <p key={other.label} class="wall-fact">
          <span>{other.label}</span>
          <Value text={other.text} freshness={other.freshness} age={other.age} unit={other.unit} />
        </p>
      ))}
      {worst === undefined ? null : (
        <p class="wall-issue">
          <SeverityGlyph severity={worst.severity} /> {worst.title}
        </p>
      )}
    </article>
  );
}
