/** English, a file an area. Other languages have the same keys; a key stands in one area only. */

import { access } from "./en/access.ts";
import { alarms } from "./en/alarms.ts";
import { boards } from "./en/boards.ts";
import { audit } from "./en/audit.ts";
import { control } from "./en/control.ts";
import { corrective } from "./en/corrective.ts";
import { explore } from "./en/explore.ts";
import { floor } from "./en/floor.ts";
import { frame } from "./en/frame.ts";
import { health } from "./en/health.ts";
import { improvement } from "./en/improvement.ts";
import { issues } from "./en/issues.ts";
import { kiosk } from "./en/kiosk.ts";
import { line } from "./en/line.ts";
import { machine } from "./en/machine.ts";
import { maintenance } from "./en/maintenance.ts";
import { notify } from "./en/notify.ts";
import { operator } from "./en/operator.ts";
import { people } from "./en/people.ts";
import { performance } from "./en/performance.ts";
import { planning } from "./en/planning.ts";
import { quality } from "./en/quality.ts";
import { reports } from "./en/reports.ts";
import { rules } from "./en/rules.ts";
import { upkeep } from "./en/upkeep.ts";

const AREAS = {
  access,
  alarms,
  boards,
  audit,
  control,
  corrective,
  explore,
  floor,
  frame,
  health,
  improvement,
  issues,
  kiosk,
  line,
  machine,
  maintenance,
  notify,
  operator,
  people,
  performance,
  planning,
  quality,
  reports,
  rules,
  upkeep,
} as const;

export const en = {
  ...access,
  ...alarms,
  ...boards,
  ...audit,
  ...control,
  ...corrective,
  ...explore,
  ...floor,
  ...frame,
  ...health,
  ...improvement,
  ...issues,
  ...kiosk,
  ...line,
  ...machine,
  ...maintenance,
  ...notify,
  ...operator,
  ...people,
  ...performance,
  ...planning,
  ...quality,
  ...reports,
  ...rules,
  ...upkeep,
} as const;

export type Key = keyof typeof en;
export type Catalogue = Readonly<Record<Key, string>>;

type Areas = typeof AREAS;
type Others<A extends keyof Areas> = { [B in Exclude<keyof Areas, A>]: keyof Areas[B] }[Exclude<keyof Areas, A>];
type Twice = { [A in keyof Areas]: keyof Areas[A] & Others<A> }[keyof Areas];

/** Does not compile where two areas claim one key: the later would silently take the earlier's place. */
export const KEYS_STAND_ONCE: [Twice] extends [never] ? true : Twice = true;
