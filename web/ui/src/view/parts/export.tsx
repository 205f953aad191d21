/** Exports raw rows of what is shown as a file that the gateway writes, with its progress. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { exportFile, exportJob, removeExport, startExport } from "../../data/rest/api.ts";
import type { ExportFormat, ExportJob } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { phase, zone } from "../live/session.ts";
import { bytes, number } from "./format.ts";

const POLL_MS = 500;
const FORMATS: readonly ExportFormat[] = ["csv", "parquet"];

interface Asked {
  readonly paths: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

class ExportRun {
  readonly asked = signal<Asked | null>(null);
  readonly job = signal<ExportJob | null>(null);
  readonly error = signal("");
  private timer: ReturnType<typeof setTimeout> | undefined;

  async start(format: ExportFormat): Promise<void> {
    const asked = this.asked.peek();
    if (asked === null) return;
    this.error.value = "";
    await this.attempt(async () => {
      this.job.value = await startExport(asked.paths, asked.fromMs, asked.toMs, format);
      this.plan();
    });
  }

  /** Ends the job where it runs and removes its file; a finished file was saved or is not wanted. */
  async drop(): Promise<void> {
    clearTimeout(this.timer);
    const job = this.job.peek();
    this.job.value = null;
    if (job !== null) await this.attempt(() => removeExport(job.id));
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private plan(): void {
    clearTimeout(this.timer);
    const state = this.job.peek()?.state;
    if (state === "waiting" || state === "running") this.timer = setTimeout(() => void this.look(), POLL_MS);
  }

  private async look(): Promise<void> {
    const id = this.job.peek()?.id;
    if (id === undefined) return;
    await this.attempt(async () => {
      const job = await exportJob(id);
      if (this.job.peek()?.id === id) this.job.value = job;
    });
    this.plan();
  }

  private async attempt(what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.error.value = error.message;
    }
  }
}

function Progress(props: { job: ExportJob }): JSX.Element {
  const { job } = props;
  if (job.state === "failed") return <p role="alert">{t("export.failed", { error: job.error })}</p>;
  if (job.state === "done") {
    return (
      <p role="status">
        {t("export.done", { rows: number(job.rows_done), size: bytes(job.file_bytes ?? 0) })}{" "}
        <a class="button" href={exportFile(job.id)} download="">
          {t("export.file")}
        </a>
      </p>
    );
  }
  const counted = job.rows_total !== null;
  const text =
    job.state === "waiting"
      ? t("export.waiting")
      : counted
        ? t("export.running", { done: number(job.rows_done), total: number(job.rows_total) })
        : t("export.counting");
  return (
    <p role="status">
      <progress aria-label={text} {...(counted ? { value: job.rows_done, max: Math.max(job.rows_total ?? 1, 1) } : {})} /> {text}
    </p>
  );
}

function Form(props: { of: ExportRun; format: Signal<ExportFormat>; close: () => void }): JSX.Element {
  const { of, format } = props;
  const asked = of.asked.value;
  const job = of.job.value;
  const busy = job !== null && (job.state === "waiting" || job.state === "running");
  const full = (timeMs: number): string => zone.value.format(timeMs, "full");
  return (
    <>
      <h2 id="export-title">{t("export.title")}</h2>
      {asked === null ? null : (
        <p class="quiet">{t("export.range", { count: asked.paths.length, from: full(asked.fromMs), to: full(asked.toMs) })}</p>
      )}
      <fieldset class="choices" disabled={busy}>
        <legend>{t("export.format")}</legend>
        {FORMATS.map((each) => (
          <label key={each} class="check">
            <input type="radio" name="export-format" checked={format.value === each} onChange={() => (format.value = each)} />
            {t(`export.${each}`)}
          </label>
        ))}
      </fieldset>
      {job === null ? null : <Progress job={job} />}
      {of.error.value === "" ? null : <p role="alert">{t("export.failed", { error: of.error.value })}</p>}
      <p class="buttons">
        <button type="button" class="button" disabled={busy || phase.value !== "live"} onClick={() => void of.start(format.value)}>
          {t("export.start")}
        </button>
        <button type="button" class="button" onClick={() => (busy ? void of.drop() : props.close())}>
          {t(busy ? "export.cancel" : "export.close")}
        </button>
      </p>
    </>
  );
}

/** A button that opens the export of these signals over this range, as both are when it is pressed. */
export function Export(props: { paths: () => readonly string[]; range: () => readonly [number, number] }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const of = useMemo(() => new ExportRun(), []);
  const format = useMemo(() => signal<ExportFormat>("csv"), []);
  useEffect(
    () => () => {
      of.close();
    },
    [of],
  );
  return (
    <>
      <button
        type="button"
        class="button"
        onClick={() => {
          const [fromMs, toMs] = props.range();
          of.asked.value = { paths: props.paths(), fromMs, toMs };
          dialog.current?.showModal();
        }}
      >
        {t("export.open")}
      </button>
      <dialog ref={dialog} class="help" aria-labelledby="export-title" onClose={() => void of.drop()}>
        <Form of={of} format={format} close={() => dialog.current?.close()} />
      </dialog>
    </>
  );
}
