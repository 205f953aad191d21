/** The live floor: how the plant stands in its shift, and every machine by line. */

import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { ABNORMAL } from "../../data/plant/packml.ts";
import type { Jobs } from "../../data/plant/jobs.ts";
import type { Standing } from "../../data/rest/standing.ts";
import { go, lineUrl, query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { FloorStore, type LineModel } from "../live/floor.ts";
import type { TileModel } from "../live/tile.ts";
import { concerns, openIssues } from "../live/issues.ts";
import { useJobs } from "../live/jobs.ts";
import { alarmsOf, openAlarms, useOpenAlarms } from "../live/open-alarms.ts";
import { textTick } from "../live/pace.ts";
import { shiftPick, standingNow, useStanding } from "../live/standing.ts";
import { title } from "../parts/format.ts";
import { Oee } from "../parts/oee.tsx";
import { PlanBar } from "../parts/plan-bar.tsx";
import { ShiftChoice } from "../parts/shift-choice.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { ConnectorStrip } from "./connectors.tsx";
import { FloorHead } from "./head.tsx";
import { Tile } from "./tile.tsx";
import "./floor.css";

type Standings = ReadonlyMap<string, Standing>;
type JobMap = ReadonlyMap<string, Jobs>;

function isAbnormal(model: TileModel | null, machine: string): boolean {
  if (model === null) return true;
  if (model.dark || (model.stateful && ABNORMAL.has(model.state)) || model.stale + model.away > 0) return true;
  if (alarmsOf(openAlarms.value ?? [], machine).length > 0) return true;
  return (openIssues.value ?? []).some((issue) => concerns(issue, machine));
}

function LineHead(props: { line: LineModel; standing: Standing | undefined }): JSX.Element {
  void textTick.value;
  const { line, standing } = props;
  const [area, name] = line.path.split("/").slice(1);
  return (
    <div class="line-head">
      <h2>
        <span class="line-area">{title(area ?? "")}</span>
        <a class="line-name" href={lineUrl(line.path)}>
          {title(name ?? "")}
        </a>
      </h2>
      {standing === undefined ? null : (
        <>
          <Oee of={standing} />
          <PlanBar of={standing} nowMs={standingNow(standing)} />
        </>
      )}
    </div>
  );
}

function Line(props: { line: LineModel; store: FloorStore; only: boolean; standings: Standings; jobs: JobMap }): JSX.Element | null {
  const { line, store, only, standings, jobs } = props;
  const shown = line.machines.filter((machine) => !only || isAbnormal(store.model(machine)?.value ?? null, machine));
  if (shown.length === 0) return null;
  return (
    <section class="line" aria-label={line.name}>
      <LineHead line={line} standing={standings.get(line.path)} />
      <div class="tiles">
        {shown.map((machine) => (
          <Tile key={machine} machine={machine} store={store} standing={standings.get(machine)} jobs={jobs.get(machine)} />
        ))}
      </div>
    </section>
  );
}

function Summary(props: { store: FloorStore; lines: readonly LineModel[]; only: boolean }): JSX.Element {
  void textTick.value;
  const machines = props.lines.flatMap((line) => line.machines);
  const models = machines.map((machine) => props.store.model(machine)?.peek() ?? null);
  const abnormal = models.filter((model, i) => isAbnormal(model, machines[i] as string)).length;
  const stale = models.reduce((sum, model) => sum + (model?.stale ?? 0), 0);
  const away = models.reduce((sum, model) => sum + (model?.away ?? 0), 0);
  const all = models.reduce((sum, model) => sum + (model?.signals ?? 0), 0);
  return (
    <>
      <p class="floor-summary">
        {t("floor.summary", { machines: machines.length, abnormal })}
        {away > 0 ? <span class="floor-stale">{t("floor.away", { away, all })}</span> : null}
        {stale > 0 ? <span class="floor-stale">{t("floor.stale", { stale, all })}</span> : null}
      </p>
      {props.only && abnormal === 0 && machines.length > 0 ? (
        <Empty title={t("floor.all_normal")} next={<a href={withQuery("show", "")}>{t("floor.show_all")}</a>} />
      ) : null}
    </>
  );
}

function Lines(props: { store: FloorStore; only: boolean; standings: Standings; jobs: JobMap }): JSX.Element {
  const { store, only, standings, jobs } = props;
  const lines = store.lines.value;
  if (store.refused.value !== "") return <Empty title={t("floor.refused")} next={store.refused.value} />;
  if (lines === null) return <Loading rows={6} />;
  if (lines.length === 0) return <Empty title={t("floor.empty")} next={t("floor.empty_next")} />;
  return (
    <>
      <Summary store={store} lines={lines} only={only} />
      {lines.map((line) => (
        <Line key={line.path} line={line} store={store} only={only} standings={standings} jobs={jobs} />
      ))}
    </>
  );
}

const NONE: Standings = new Map();

export function FloorPage(_props: { rest: string }): JSX.Element {
  const store = useMemo(() => new FloorStore(), []);
  const standing = useStanding();
  const jobs = useJobs();
  useOpenAlarms();
  useEffect(() => {
    store.open();
    return () => {
      store.close();
    };
  }, [store]);
  const only = query.value.get("show") === "abnormal";
  return (
    <div class="floor">
      <div class="page-head">
        <h1>{t("floor.title")}</h1>
        <ShiftChoice pick={shiftPick()} />
        <button
          type="button"
          class="toggle"
          aria-pressed={only}
          onClick={() => {
            go(withQuery("show", only ? "" : "abnormal"), "replace");
          }}
        >
          {t("floor.abnormal_only")}
        </button>
      </div>
      <FloorHead state={standing.state.value} />
      <ConnectorStrip />
      <Lines store={store} only={only} standings={standing.value?.byUnit ?? NONE} jobs={jobs} />
    </div>
  );
}
