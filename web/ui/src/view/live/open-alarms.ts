/** Open alarms, shared by the pages that show them and fetched while one of them does. */

import { useEffect } from "preact/hooks";
import { alarmsShown, type AlarmPriority, type OpenAlarm } from "../../data/rest/open-alarms.ts";
import type { Severity } from "../../data/rest/model.ts";
import { Resource } from "./resource.ts";
import { live, phase } from "./session.ts";

/** How often they are asked for where the feed does not tell of them. */
const EVERY_MS = 5_000;

export const openAlarms = new Resource<readonly OpenAlarm[]>(alarmsShown);

export const PRIORITIES: readonly AlarmPriority[] = ["high", "medium", "low"];

/** The shape and colour of a priority. */
export const PRIORITY_GLYPH: Readonly<Record<AlarmPriority, Severity>> = { high: "P1", medium: "P2", low: "P3" };

export function alarmsOnce(): void {
  openAlarms.soon(0);
}

/** Keeps `openAlarms` up to date for the life of a component: told by the feed, and asked for now and then. */
export function useOpenAlarms(): void {
  useEffect(() => {
    void openAlarms.load();
    const again = (): void => {
      openAlarms.soon();
    };
    const subscription = live.subscribe({ view: "alarms", receiver: { event: again, reset: again } });
    const timer = setInterval(() => document.hidden || phase.peek() !== "live" || openAlarms.soon(0), EVERY_MS);
    return () => {
      clearInterval(timer);
      live.unsubscribe(subscription);
    };
  }, []);
}

const order = (alarm: OpenAlarm): number => PRIORITIES.indexOf(alarm.priority) * 4 + (alarm.acked ? 2 : 0) + (alarm.active ? 0 : 1);

/** Alarms of a machine, the one to look at first in front: by priority, then unacknowledged, then the newest. */
export function alarmsOf(alarms: readonly OpenAlarm[], machine: string): readonly OpenAlarm[] {
  return alarms
    .filter((alarm) => alarm.asset === machine || alarm.signal.startsWith(`${machine}/`))
    .sort((a, b) => order(a) - order(b) || b.raised_ms - a.raised_ms);
}
