/** The live floor: every machine by line, what is open, and how the connectors are doing. */

import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { go, query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { FloorStore, type LineModel, type TileModel } from "../live/floor.ts";
import { concerns, openIssues } from "../live/issues.ts";
import { textTick } from "../live/pace.ts";
import { ABNORMAL } from "../../data/plant/packml.ts";
import { title } from "../parts/format.ts";
import { SeverityCounts } from "../parts/severity.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { ConnectorStrip } from "./connectors.tsx";
import { Tile } from "./tile.tsx";
import "./floor.css";

function isAbnormal(model: TileModel | null, machine: string): boolean {
  if (model === null) return true;
  if (model.dark || (model.stateful && ABNORMAL.has(model.state)) || model.stale + model.away > 0) return true;
  return (openIssues.value ?? []).some((issue) => concerns(issue, machine));
}

function Line(props: { line: LineModel; store: FloorStore; only: boolean }): JSX.Element | null {
  const { line, store, only } = props;
  const shown = line.machines.filter((machine) => !only || isAbnormal(store.model(machine)?.value ?? null, machine));
  if (shown.length === 0) return null;
  return (
    <section class="line" aria-label={line.name}>
      <h2>
        {line.path
          .split("/")
          .slice(1)
          .map((level, i) => (
            <span key={i} class={i === 0 ? "line-area" : "line-name"}>
              {title(level)}
            </span>
          ))}
      </h2>
      <div class="tiles">
        {shown.map((machine) => (
          <Tile key={machine} machine={machine} store={store} />
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

function Lines(props: { store: FloorStore; only: boolean }): JSX.Element {
  const { store, only } = props;
  const lines = store.lines.value;
  if (store.refused.value !== "") return <Empty title={t("floor.refused")} next={store.refused.value} />;
  if (lines === null) return <Loading rows={6} />;
  if (lines.length === 0) return <Empty title={t("floor.empty")} next={t("floor.empty_next")} />;
  return (
    <>
      <Summary store={store} lines={lines} only={only} />
      {lines.map((line) => (
        <Line key={line.path} line={line} store={store} only={only} />
      ))}
    </>
  );
}

export function FloorPage(_props: { rest: string }): JSX.Element {
  const store = useMemo(() => new FloorStore(), []);
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
        <SeverityCounts />
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
      <ConnectorStrip />
      <Lines store={store} only={only} />
    </div>
  );
}
