/** Files in and out, table by table: template, try, import with progress and every mistake, export. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { importJob, importTable, tableFile, tables, type ImportJob, type TableInfo } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { act, Said, useTold } from "../parts/act.tsx";
import { number } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";

const SHOWN = 200;
const POLL_MS = 300;

function Outcome(props: { readonly job: ImportJob }): JSX.Element {
  const { job } = props;
  const counts = { file: job.file, added: number(job.added), changed: number(job.changed), same: number(job.same) };
  if (job.state === "running") {
    return (
      <p role="status">
        {t("tables.reading", { file: job.file, rows: number(job.rows) })} <progress />
      </p>
    );
  }
  if (job.state === "done") return <p role="status">{t(job.purpose === "try" ? "tables.tried" : "tables.imported", counts)}</p>;
  if (job.mistakes.length === 0) return <p role="alert">{t("plan.failed", { error: job.error })}</p>;
  const count = job.mistakes.length + job.untold;
  return (
    <div role="alert" class="mistakes" tabIndex={0}>
      <p>{t("tables.mistakes", { file: job.file, count: number(count) })}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("tables.where")}</th>
            <th scope="col">{t("tables.column")}</th>
            <th scope="col">{t("tables.what")}</th>
          </tr>
        </thead>
        <tbody>
          {job.mistakes.slice(0, SHOWN).map((each, i) => (
            <tr key={i}>
              <td>{each.where}</td>
              <td>{each.column}</td>
              <td>{each.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count > SHOWN ? <p>{t("tables.more", { count: number(count - SHOWN) })}</p> : null}
    </div>
  );
}

function Row(props: { readonly table: TableInfo; readonly done: () => Promise<void> }): JSX.Element {
  const { table } = props;
  const told = useTold();
  const job = useMemo(() => signal<ImportJob | null>(null), []);
  const chosen = useMemo(() => signal<File | null>(null), []);
  const send = (purpose: ImportJob["purpose"]): void => {
    const file = chosen.peek();
    if (file === null) return;
    void act(told, async () => {
      let now = await importTable(table.name, file, purpose);
      job.value = now;
      while (now.state === "running") {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        now = await importJob(now.id);
        job.value = now;
      }
      await props.done();
      return "";
    });
  };
  const off = chosen.value === null || told.busy.value;
  return (
    <tr data-table={table.name}>
      <th scope="row">
        {table.name}
        <span class="sub">{table.columns.map((each) => (each.required ? each.name : `(${each.name})`)).join(", ")}</span>
      </th>
      <td class="num">{number(table.count)}</td>
      <td>
        <a href={tableFile(table.name, "template", "csv")}>CSV</a> <a href={tableFile(table.name, "template", "xlsx")}>XLSX</a>
      </td>
      <td>
        <a href={tableFile(table.name, "rows", "csv")}>CSV</a> <a href={tableFile(table.name, "rows", "xlsx")}>XLSX</a>
      </td>
      <td>
        {may("demand.propose") ? (
          <div class="acts">
            <input
              type="file"
              accept=".csv,.xlsx"
              aria-label={t("tables.choose", { table: table.name })}
              onChange={(event) => {
                chosen.value = event.currentTarget.files?.[0] ?? null;
                job.value = null;
              }}
            />
            <button type="button" class="button" disabled={off} onClick={() => { send("try"); }}>
              {t("tables.try")}
            </button>
            <button type="button" class="button" disabled={off} onClick={() => { send("keep"); }}>
              {t("tables.keep")}
            </button>
          </div>
        ) : null}
        {job.value === null ? null : <Outcome job={job.value} />}
        <Said told={told} />
      </td>
    </tr>
  );
}

export function TablesPart(): JSX.Element {
  const resource = useResource(tables, []);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.tables")}>
      <p class="quiet">{t("tables.lead")}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("tables.table")}</th>
            <th scope="col" class="num">
              {t("tables.kept")}
            </th>
            <th scope="col">{t("tables.template")}</th>
            <th scope="col">{t("tables.export")}</th>
            <th scope="col">{t("tables.keep")}</th>
          </tr>
        </thead>
        <tbody>
          {state.value.map((each) => (
            <Row key={each.name} table={each} done={() => resource.load()} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
