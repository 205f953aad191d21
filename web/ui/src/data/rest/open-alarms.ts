/** Alarms that ask for something now, as floor, line and machine pages show them. */

import { get } from "./request.ts";

export type AlarmPriority = "low" | "medium" | "high";

export interface OpenAlarm {
  readonly number: number;
  readonly rule: string;
  readonly signal: string;
  readonly asset: string;
  readonly title: string;
  readonly priority: AlarmPriority;
  readonly active: boolean;
  readonly acked: boolean;
  readonly letter: string;
  readonly retain: boolean;
  readonly suppressed_or_shelved: boolean;
  readonly onset_ms: number;
  readonly raised_ms: number;
  readonly value: number | null;
  readonly limits: Readonly<Record<string, number | null>>;
  readonly explanation: string;
  readonly consequence: string;
  readonly response: string;
  readonly issue: number | null;
}

interface Page {
  readonly items: readonly OpenAlarm[];
  readonly next_before: number | null;
}

const ROWS = 900;

/** Every alarm that is shown to operators: shelved and suppressed ones are not. */
export async function alarmsShown(): Promise<readonly OpenAlarm[]> {
  const all: OpenAlarm[] = [];
  let before: number | null = null;
  do {
    const page: Page = await get("/alarms", { limit: ROWS, ...(before === null ? {} : { before }) });
    all.push(...page.items.filter((alarm) => !alarm.suppressed_or_shelved));
    before = page.next_before;
  } while (before !== null);
  return all;
}
