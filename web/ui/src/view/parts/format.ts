/** Numbers, ages and names as people read them. */

import type { Certainty } from "../../data/plant/since.ts";
import { t } from "../i18n/index.ts";
import { numberLocale } from "../live/locale.ts";

const LOCALE = numberLocale();
const formats = new Map<number, Intl.NumberFormat>();

/** A number with a fixed count of decimals, grouped. */
export function number(value: number | null, decimals = 0): string {
  if (value === null || Number.isNaN(value)) return t("value.none");
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format.format(value);
}

/** A number with as many decimals as it needs, at most three. */
export function plain(value: number): string {
  return Number.isNaN(value) ? t("value.none") : String(Number(value.toFixed(3)));
}

/** A length of time in its one or two largest units; never more exact than a person needs. */
export function age(ms: number): string {
  if (Number.isNaN(ms)) return t("value.none");
  const s = Math.max(0, ms) / 1_000;
  if (s < 120) return t("age.s", { n: Math.floor(s) });
  const min = Math.floor(s / 60);
  if (min < 60) return t("age.min", { n: min });
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 === 0 ? t("age.h_whole", { h }) : t("age.h", { h, min: min % 60 });
  const d = Math.floor(h / 24);
  return h % 24 === 0 ? t("age.d_whole", { d }) : t("age.d", { d, h: h % 24 });
}

/** The age of live data: tenths while it is young. */
export function dataAge(ms: number): string {
  return ms < 10_000 ? t("age.s", { n: number(Math.max(0, ms) / 1_000, 1) }) : age(ms);
}

/** A short delay: milliseconds below a second. */
export function lag(seconds: number | null): string {
  if (seconds === null) return t("value.none");
  if (Math.abs(seconds) < 1) return t("age.ms", { n: Math.round(seconds * 1_000) });
  return seconds < 10 ? t("age.s", { n: number(seconds, 1) }) : age(seconds * 1_000);
}

export function since(ms: number, certainty: Certainty): string {
  return t(`since.${certainty}`, { age: age(ms) });
}

/** A signal or machine name as a title: separators become spaces. */
export function title(name: string): string {
  const words = name.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function bytes(count: number): string {
  return count >= 1e9 ? `${number(count / 1e9, 2)} GB` : `${number(count / 1e6, 0)} MB`;
}

/** A share of one in whole percent, or in tenths. */
export function percent(share: number | null, decimals = 0): string {
  return share === null ? t("value.none") : t("value.percent", { n: number(share * 100, decimals) });
}
