/** Which alarms a tab shows, in which order, and which belong together. */

import type { Alarm, AlarmLetter, AlarmPriority } from "../../data/rest/alarms.ts";

export const TABS = ["active", "shelved", "suppressed", "out", "history", "figures"] as const;
export type Tab = (typeof TABS)[number];

const HIDDEN: Readonly<Partial<Record<Tab, AlarmLetter>>> = { shelved: "G", suppressed: "H", out: "I" };
export const PRIORITIES: readonly AlarmPriority[] = ["high", "medium", "low"];

export function inTab(alarm: Alarm, tab: Tab): boolean {
  const letter = HIDDEN[tab];
  // A disabled alarm is out of service by its rule; nobody put it there, and nobody can bring it back here.
  if (letter !== undefined) return alarm.letter === letter && (tab !== "out" || alarm.out_of_service);
  return alarm.retain && !["G", "H", "I"].includes(alarm.letter);
}

export interface Filter {
  readonly text: string;
  readonly priority: AlarmPriority | "";
  readonly unanswered: boolean;
}

export function fits(alarm: Alarm, filter: Filter): boolean {
  if (filter.priority !== "" && alarm.priority !== filter.priority) return false;
  if (filter.unanswered && alarm.acked && alarm.confirmed) return false;
  const words = filter.text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const said = `${alarm.title} ${alarm.signal} ${alarm.rule} ${String(alarm.number)}`.toLowerCase();
  return words.every((word) => said.includes(word));
}

const rank = (alarm: Alarm): number =>
  (alarm.acked && alarm.confirmed ? 10 : 0) + PRIORITIES.indexOf(alarm.priority);

/** What nobody answered first, then what matters most, then what came last. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return rank(a) - rank(b) || b.raised_ms - a.raised_ms || b.number - a.number;
}

export interface Listed {
  readonly alarm: Alarm;
  /** How many alarms hang on this one; 0 for one that stands alone or hangs on another. */
  readonly brought: number;
  readonly child: boolean;
}

/** Alarms of one issue stand under the one that began it, in the order in which they came. */
export function grouped(alarms: readonly Alarm[], together: boolean): readonly Listed[] {
  const sorted = [...alarms].sort(byUrgency);
  if (!together) return sorted.map((alarm) => ({ alarm, brought: 0, child: false }));
  const groups = new Map<number, Alarm[]>();
  for (const alarm of sorted) {
    if (alarm.issue !== null) groups.set(alarm.issue, [...(groups.get(alarm.issue) ?? []), alarm]);
  }
  const shown = new Set<number>();
  const found: Listed[] = [];
  for (const alarm of sorted) {
    if (shown.has(alarm.number)) continue;
    const group = alarm.issue === null ? [alarm] : (groups.get(alarm.issue) as Alarm[]);
    const began = [...group].sort((a, b) => Number(b.first_out) - Number(a.first_out) || a.onset_ms - b.onset_ms);
    for (const [place, each] of began.entries()) {
      shown.add(each.number);
      found.push({ alarm: each, brought: place === 0 ? began.length - 1 : 0, child: place > 0 });
    }
  }
  return found;
}
