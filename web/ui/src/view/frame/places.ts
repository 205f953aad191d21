/** Where one can go, in groups: what the navigation, the search, the go-to keys and the help all read. */

import type { Key } from "../i18n/index.ts";

export interface Place {
  readonly at: string;
  readonly title: Key;
  /** The letter that leads here after `g`. */
  readonly key?: string;
  /** Shown only to who has this right. */
  readonly right?: string;
}

export interface PlaceGroup {
  readonly title: Key;
  readonly places: readonly Place[];
}

export const GROUPS: readonly PlaceGroup[] = [
  {
    title: "nav.group.watch",
    places: [
      { at: "/floor", title: "nav.floor", key: "f" },
      { at: "/alarms", title: "nav.alarms", key: "a" },
      { at: "/boards", title: "nav.boards", key: "d" },
      { at: "/issues", title: "nav.issues", key: "i" },
      { at: "/control", title: "nav.control", key: "c", right: "setpoint.read" },
      { at: "/my-work", title: "mine.title", key: "m" },
      { at: "/maintenance", title: "nav.maintenance", key: "t", right: "maintenance.read" },
    ],
  },
  { title: "nav.group.analyse", places: [
      { at: "/performance", title: "nav.performance", key: "k" },
      { at: "/reports", title: "nav.reports", key: "j", right: "kpi.read" },
      { at: "/explore", title: "nav.explore", key: "e" },
      { at: "/improvement", title: "nav.improvement", key: "v", right: "issue.read" },
      { at: "/learning", title: "learning.title", key: "l" },
      { at: "/rules", title: "nav.rules", key: "r" },
      { at: "/backtests", title: "nav.backtests", key: "b", right: "configuration.read" },
    ] },
  {
    title: "nav.group.plan",
    places: [
      { at: "/plan", title: "nav.plan", key: "p", right: "plan.read" },
      { at: "/schedule", title: "nav.schedule", key: "s", right: "schedule.read" },
      { at: "/operator", title: "nav.operator", key: "o", right: "job.read" },
      { at: "/quality", title: "nav.quality", key: "q", right: "checklist.read" },
      { at: "/flow", title: "nav.flow", key: "w", right: "routing.read" },
    ],
  },
  {
    title: "nav.group.gateway",
    places: [
      { at: "/health", title: "nav.health", key: "h" },
      { at: "/health/connectors", title: "health.connectors" },
      { at: "/health/gaps", title: "health.gaps_short" },
      { at: "/health/unknown", title: "health.unknown_short" },
      { at: "/health/dead-letters", title: "health.dead" },
      { at: "/notifications", title: "nav.notifications", key: "n" },
      { at: "/account", title: "nav.account" },
      { at: "/admin", title: "people.title", right: "users.read" },
      { at: "/audit", title: "audit.title", right: "audit.read" },
    ],
  },
];

export const PLACES: readonly Place[] = GROUPS.flatMap((group) => group.places);

/** The place an address lies in: the longest that it begins with; a machine lies on the floor. */
export function placeOf(path: string): Place | undefined {
  const here = path === "/" || path.startsWith("/machine/") ? "/floor" : path;
  return [...PLACES]
    .filter((place) => here === place.at || here.startsWith(`${place.at}/`))
    .sort((a, b) => b.at.length - a.at.length)[0];
}
