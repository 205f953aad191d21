/** One machine: its state and for how long, speed against target, counts, key value, age of data, open issues. */

import type { JSX } from "preact";
import type { Issue } from "../../data/rest/model.ts";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import type { FloorStore, Shown, TileModel } from "../live/floor.ts";
import { concerns, countBySeverity, openIssues, SEVERITIES } from "../live/issues.ts";
import { SeverityGlyph, StateGlyph } from "../parts/glyph.tsx";
import { unacknowledged } from "../parts/severity.tsx";
import { Value } from "../parts/value.tsx";

/** The bar ends at 125 % of target, so that a machine above it shows as such. */
const FULL_SCALE = 1.25;

function Speed(props: { speed: NonNullable<TileModel["speed"]> }): JSX.Element {
  const { speed } = props;
  const share = speed.ratio === null ? 0 : Math.min(speed.ratio / FULL_SCALE, 1);
  return (
    <div class="tile-speed">
      <span class="tile-label">{t("tile.speed")}</span>
      <Value text={speed.text} freshness={speed.freshness} age={speed.age} unit={speed.unit} />
      {speed.target === "" ? null : <span class="tile-target">{t("value.of", { target: speed.target })}</span>}
      <svg class="bar" viewBox="0 0 125 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="bar-back" x="0" y="0" width="125" height="6" />
        <rect class="bar-fill" x="0" y="0" width={share * 125} height="6" />
        {speed.ratio === null ? null : <rect class="bar-mark" x="99" y="0" width="2" height="6" />}
      </svg>
    </div>
  );
}

function Count(props: { label: string; count: Shown | null }): JSX.Element {
  return (
    <div class="tile-count">
      <span class="tile-label">{props.label}</span>
      {props.count === null ? <span class="value value-none">{t("value.none")}</span> : <Value {...props.count} />}
    </div>
  );
}

/** What this machine measures: speed and counters of a machine, or what a room or a tank has instead. */
function Body(props: { model: TileModel }): JSX.Element {
  const { model } = props;
  return (
    <>
      {model.speed === null ? null : <Speed speed={model.speed} />}
      {model.good === null && model.reject === null ? null : (
        <div class="tile-counts">
          <Count label={t("tile.good")} count={model.good} />
          <Count label={t("tile.reject")} count={model.reject} />
        </div>
      )}
      {model.others.map((other) => (
        <div key={other.label} class="tile-count">
          <span class="tile-label">{other.label}</span>
          <Value text={other.text} freshness={other.freshness} age={other.age} unit={other.unit} />
        </div>
      ))}
    </>
  );
}

function KeyValue(props: { of: TileModel["key"] }): JSX.Element {
  const key = props.of;
  if (key === null) return <div class="tile-key tile-quiet">{t("tile.no_key")}</div>;
  return (
    <div class="tile-key">
      <div>
        <span class="tile-label">{key.label}</span>
        <Value text={key.text} freshness={key.freshness} age={key.age} unit={key.unit} />
      </div>
      <svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label={t("tile.spark")}>
        <path d={key.spark} />
      </svg>
    </div>
  );
}

function TileIssues(props: { issues: readonly Issue[] }): JSX.Element | null {
  const counts = countBySeverity(props.issues);
  const present = SEVERITIES.filter((severity) => counts[severity] > 0);
  if (present.length === 0) return null;
  return (
    <span class="tile-issues">
      {present.map((severity) => (
        <span key={severity}>
          <SeverityGlyph severity={severity} />
          <span aria-hidden="true">{counts[severity]}</span>
          <span class="visually-hidden">{t("severity.count", { count: counts[severity], severity: severity.slice(1) })}</span>
        </span>
      ))}
    </span>
  );
}

function StateLine(props: { model: TileModel }): JSX.Element {
  const { model } = props;
  const old = model.stateFreshness !== "fresh";
  return (
    <div class="tile-state">
      <StateGlyph of={model.state} />
      <span class="tile-word">
        {old && model.word !== "" ? <s>{model.word}</s> : model.word}
        {old ? <span class="tile-nodata">{t(model.stateFreshness === "away" ? "packml.away" : "packml.none")}</span> : null}
      </span>
      <span class="tile-since">{old ? "" : model.since}</span>
    </div>
  );
}

/** What has no state signal says only that nothing of it can be relied on. */
function NoData(): JSX.Element {
  return (
    <div class="tile-state">
      <StateGlyph of="none" />
      <span class="tile-word tile-nodata">{t("packml.none")}</span>
    </div>
  );
}

export function Tile(props: { machine: string; store: FloorStore }): JSX.Element {
  const model = props.store.model(props.machine)?.value ?? null;
  if (model === null) return <div class="tile tile-empty skeleton-row" />;
  const issues = (openIssues.value ?? []).filter((issue) => concerns(issue, props.machine));
  return (
    <a
      class={`tile${model.stateful ? ` state-${model.state}` : ""}${model.dark ? " tile-stale" : ""} ${unacknowledged(issues)}`}
      href={machineUrl(model.path)}
      data-machine={model.path}
      data-state={model.stateful ? model.state : "absent"}
    >
      <div class="tile-head">
        <h3>{model.name}</h3>
        <TileIssues issues={issues} />
      </div>
      {model.stateful ? <StateLine model={model} /> : model.dark ? <NoData /> : null}
      <Body model={model} />
      <KeyValue of={model.key} />
      <div class="tile-foot">
        <span>
          {t(model.ageOf === "data" ? "tile.age" : "tile.change", { age: model.ageText === "" ? t("value.none") : model.ageText })}
        </span>
        {model.away > 0 ? <span class="tile-warn">{t("tile.away", { away: model.away })}</span> : null}
        {model.stale > 0 ? <span class="tile-warn">{t("tile.stale", { stale: model.stale })}</span> : null}
      </div>
    </a>
  );
}
