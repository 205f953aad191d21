/** The job that is due on a machine, or the next one, as the published schedule has it. */

import type { JSX } from "preact";
import type { Job, Jobs } from "../../data/plant/jobs.ts";
import { t } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { age, number } from "../parts/format.ts";

const about = (job: Job): string => t("job.what", { order: job.order, op: job.op, product: job.product, qty: number(job.qty) });

export function JobLine(props: { of: Jobs | undefined }): JSX.Element | null {
  const { of } = props;
  const job = of?.now ?? of?.next ?? null;
  if (of === undefined || job === null) return null;
  const when = of.now === null ? t("job.from", { time: zone.value.format(job.startMs, "minutes") }) : t("job.until", { time: zone.value.format(job.endMs, "minutes") });
  const due = t("job.due", { time: zone.value.format(job.dueMs, "full") });
  return (
    <div class="tile-count job" title={due}>
      <span class="tile-label">{t(of.now === null ? "job.next" : "job.now")}</span>
      <span>{about(job)}</span> <span class="quiet">{when}</span>
      {job.lateMin > 0 ? <strong class="job-late"> {t("job.late", { age: age(job.lateMin * 60_000) })}</strong> : null}
    </div>
  );
}
