/** OEE with what it is made of: availability, performance, quality; what is not known says so. */

import type { JSX } from "preact";
import type { Standing } from "../../data/rest/standing.ts";
import { t, type Key } from "../i18n/index.ts";
import { number, percent } from "./format.ts";

const PARTS: readonly (readonly [string, Key, Key])[] = [
  ["availability", "oee.a", "oee.availability"],
  ["effectiveness", "oee.p", "oee.performance"],
  ["quality", "oee.q", "oee.quality"],
];

function Part(props: { letter: Key; name: Key; share: number | null }): JSX.Element {
  const { share } = props;
  return (
    <span class="oee-part" title={t(props.name)}>
      <span aria-hidden="true" class="oee-letter">{t(props.letter)}</span>
      <span class="visually-hidden">{t(props.name)} </span>
      {share === null ? t("value.none") : number(share * 100)}
      <span class="visually-hidden"> %</span>
      <svg class="oee-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect class="bar-back" width="100" height="4" />
        {share === null ? null : <rect class="bar-fill" width={Math.min(1, Math.max(0, share)) * 100} height="4" />}
      </svg>
    </span>
  );
}

/** `remarks` of the gateway tell in the tooltip why something is not known. */
export function Oee(props: { of: Standing; bare?: boolean }): JSX.Element {
  const { kpis, remarks } = props.of;
  return (
    <div class="oee" title={remarks.join("\n")}>
      <span class="oee-whole">
        {props.bare === true ? null : <span class="tile-label">{t("oee.oee")}</span>}
        <span class="oee-value">{percent(kpis["oee"] ?? null)}</span>
      </span>
      {PARTS.map(([kpi, letter, name]) => (
        <Part key={kpi} letter={letter} name={name} share={kpis[kpi] ?? null} />
      ))}
    </div>
  );
}
