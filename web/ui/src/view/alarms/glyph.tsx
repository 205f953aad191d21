/** A priority as shape, number, letter and colour; the shapes are those of severities. */

import type { JSX } from "preact";
import type { Alarm, AlarmPriority } from "../../data/rest/alarms.ts";
import type { Severity } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { SeverityGlyph } from "../parts/glyph.tsx";

const SHAPES: Readonly<Record<AlarmPriority, Severity>> = { high: "P1", medium: "P2", low: "P3" };
const BLINK: Readonly<Record<AlarmPriority, string>> = { high: "alert-p1", medium: "alert-p2", low: "" };

/** The class of an alarm that nobody has acknowledged. */
export function asking(alarm: Alarm): string {
  return alarm.acked || ["G", "H", "I"].includes(alarm.letter) ? "" : BLINK[alarm.priority];
}

export function PriorityGlyph(props: { alarm: Alarm }): JSX.Element {
  const { alarm } = props;
  const word = t(`alarms.priority.${alarm.priority}`);
  return (
    <span class={`chip ${asking(alarm)}`}>
      <SeverityGlyph severity={SHAPES[alarm.priority]} quiet={!alarm.active} />
      <span class="alarm-priority" aria-hidden="true">{word.charAt(0)}</span>
      <span class="visually-hidden">{word}</span>
    </span>
  );
}

export function Letter(props: { alarm: Alarm }): JSX.Element {
  const { alarm } = props;
  const confirm = alarm.acked && !alarm.confirmed;
  return (
    <span class="alarm-letter" data-letter={alarm.letter}>
      <b>{alarm.letter}</b> {confirm ? t("alarms.to_confirm") : t(`alarms.letter.${alarm.letter}`)}
    </span>
  );
}
