/** How quality control says times, machines and limits. */

import type { ChecklistItem, Sampling } from "../../data/rest/quality.ts";
import { t, tOr } from "../i18n/index.ts";
import { zone } from "../live/session.ts";
import { plain } from "../parts/format.ts";

export const clock = (ms: number): string => zone.value.format(ms, "moment");
export const short = (machine: string): string => machine.split("/").slice(-2).join("/");
export const trigger = (name: string): string => tOr(`quality.trigger.${name}`, name);

export function limits(item: ChecklistItem): string {
  const { low, high, unit } = item;
  if (low !== null && high !== null) return t("quality.want", { low: plain(low), high: plain(high), unit });
  if (low !== null) return t("quality.want_low", { low: plain(low), unit });
  return high === null ? "" : t("quality.want_high", { high: plain(high), unit });
}

export function sampled(sampling: Sampling): string {
  const every = plain(sampling.every ?? 0);
  if (sampling.trigger === "count") return t("quality.every_count", { every });
  if (sampling.trigger === "time") return t("quality.every_time", { every });
  return sampling.trigger === "stop" ? t("quality.every_stop", { every }) : trigger(sampling.trigger);
}
