/** A measured value: plain while fresh, otherwise struck in muted italic with its age and why. */

import type { JSX } from "preact";
import type { Freshness } from "../../data/live/latest.ts";
import { t } from "../i18n/index.ts";

export interface ValueProps {
  readonly text: string;
  readonly freshness: Freshness;
  readonly age: string;
  readonly unit?: string;
  readonly measured?: string;
}

export function Value(props: ValueProps): JSX.Element {
  const { text, freshness, age } = props;
  if (freshness === "none") return <span class="value value-none">{t("value.no_data")}</span>;
  const unit = props.unit === undefined || props.unit === "" ? null : <span class="unit">{props.unit}</span>;
  if (freshness === "fresh") {
    return (
      <span class="value" title={props.measured}>
        {text === "" ? t("value.none") : text}
        {unit}
      </span>
    );
  }
  const why = t(`value.${freshness}`, { age });
  return (
    <span class="value value-old" data-freshness={freshness} title={props.measured === undefined ? why : `${why}; ${props.measured}`}>
      <s>
        {text === "" ? t("value.none") : text}
        {unit}
      </s>
      <span class="visually-hidden">{why}</span>
      <span class="value-age" aria-hidden="true">
        {age}
      </span>
    </span>
  );
}
