/** One machine: its state and for how long, pieces against plan, OEE, speed, key value, alarms, issues, age of data. */

import type { JSX } from "preact";
import type { Jobs } from "../../data/plant/jobs.ts";
import type { OpenAlarm } from "../../data/rest/open-alarms.ts";
import type { Issue } from "../../data/rest/model.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import type { FloorStore } from "../live/floor.ts";
import type { Shown } from "../live/shown.ts";
import type { TileModel } from "../live/tile.ts";
import { concerns, countBySeverity, openIssues, SEVERITIES } from "../live/issues.ts";
import { alarmsOf, openAlarms, PRIORITY_GLYPH } from "../live/open-alarms.ts";
import { serverClock } from "../live/session.ts";
import { standingNow } from "../live/standing.ts";
import { age } from "../parts/format.ts";
import { SeverityGlyph, StateGlyph } from "../parts/glyph.tsx";
import { JobLine } from "../parts/job.tsx";
import { Oee } from "../parts/oee.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { unacknowledged } from "../parts/severity.tsx";
import { Value } from "../parts/value.tsx";

function Measured(props: { label: string; of: Shown & { readonly unit?: string }; after?: string }): JSX.Element {
  return (
    <div class="tile-count">
      <span class="tile-label">{props.label}</span>
      <Value {...props.of} />
      {props.after === undefined || props.after === "" ? null : <span class="tile-target"> {props.after}</span>}
    </div>
  );
}

/** Counters as the machine has them, where nothing counts them by shift. */
function Counts(props: { model: TileModel }): JSX.Element | null {
  const { good, reject } = props.model;
  if (good === null && reject === null) return null;
  return (
    <div class="tile-counts">
      {good === null ? null : <Measured label={t("tile.good")} of={good} />}
      {reject === null ? null : <Measured label={t("tile.reject")} of={reject} />}
    </div>
  );
}

function KeyValue(props: { of: TileModel["key"] }): JSX.Element | null {
  const key = props.of;
  if (key === null) return null;
  return (
    <div class="tile-key">
      <Measured label={key.label} of={key} />
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

/** The alarm to look at first, and how many more there are. */
function TopAlarm(props: { alarms: readonly OpenAlarm[] }): JSX.Element | null {
  const [top] = props.alarms;
  if (top === undefined) return null;
  const more = props.alarms.length - 1;
  return (
    <div class="tile-alarm" data-alarm={top.number}>
      <SeverityGlyph severity={PRIORITY_GLYPH[top.priority]} />
      <span class="tile-alarm-title">{top.title}</span>
      <span class="quiet">
        {age(serverClock.now() - top.raised_ms)}
        {more > 0 ? ` ${t("tile.more", { more })}` : ""}
      </span>
    </div>
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

function Foot(props: { model: TileModel }): JSX.Element {
  const { model } = props;
  const data = t(model.ageOf === "data" ? "tile.age" : "tile.change", { age: model.ageText === "" ? t("value.none") : model.ageText });
  return (
    <div class="tile-foot">
      <span>{data}</span>
      {model.latency === "" ? null : <span title={t("tile.latency_why")}>{t("tile.latency", { lag: model.latency })}</span>}
      {model.away > 0 ? <span class="tile-warn">{t("tile.away", { away: model.away })}</span> : null}
      {model.stale > 0 ? <span class="tile-warn">{t("tile.stale", { stale: model.stale })}</span> : null}
    </div>
  );
}

export function Tile(props: { machine: string; store: FloorStore; standing: Standing | undefined; jobs: Jobs | undefined }): JSX.Element {
  const { standing } = props;
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
      {standing === undefined ? (
        <Counts model={model} />
      ) : (
        <>
          <PlanBar of={standing} nowMs={standingNow(standing)} size="small" />
          <Oee of={standing} />
        </>
      )}
      <JobLine of={props.jobs} />
      <TopAlarm alarms={alarmsOf(openAlarms.value ?? [], model.path)} />
      {model.speed === null ? null : (
        <Measured
          label={t("tile.speed")}
          of={model.speed}
          after={model.speed.target === "" ? "" : t("value.of", { target: model.speed.target })}
        />
      )}
      <KeyValue of={model.key} />
      {model.others.map((other) => (
        <Measured key={other.label} label={other.label} of={other} />
      ))}
      <Foot model={model} />
    </a>
  );
}
