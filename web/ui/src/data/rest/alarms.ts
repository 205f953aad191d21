/** Alarms by ISA-18.2: what asks for an answer, the answers, their journal and figures. */

import { get, post } from "./request.ts";

export type AlarmPriority = "low" | "medium" | "high";
export type AlarmLetter = "A" | "B" | "C" | "D" | "E" | "F" | "G" | "H" | "I";

export interface Alarm {
  readonly number: number;
  readonly rule: string;
  readonly signal: string;
  readonly side: string;
  readonly asset: string;
  readonly title: string;
  readonly priority: AlarmPriority;
  readonly enabled: boolean;
  readonly active: boolean;
  readonly acked: boolean;
  readonly confirmed: boolean;
  readonly latched: boolean;
  readonly suppressed: boolean;
  readonly out_of_service: boolean;
  readonly shelving: "unshelved" | "timed_shelved" | "one_shot_shelved";
  readonly shelved_until_ms: number | null;
  readonly letter: AlarmLetter;
  readonly retain: boolean;
  readonly onset_ms: number;
  readonly raised_ms: number;
  readonly cleared_ms: number | null;
  readonly explanation: string;
  readonly consequence: string;
  readonly response: string;
  readonly issue: number | null;
  readonly first_out: boolean;
  readonly occurrences: number;
}

export interface AlarmEvent {
  readonly seq: number;
  readonly alarm: number;
  readonly time_ms: number;
  readonly action: string;
  readonly by: string;
  readonly reason: string;
  readonly before: AlarmLetter;
  readonly after: AlarmLetter;
}

export interface JournalEntry extends AlarmEvent {
  readonly of: Alarm;
}

export interface JournalPage {
  readonly items: readonly JournalEntry[];
  readonly next_before: number | null;
}

interface AlarmPage {
  readonly items: readonly Alarm[];
  readonly next_before: number | null;
}

const PAGE_ROWS = 900;
/** More alarms than this are no list that a person reads. */
export const MOST_ALARMS = 9_000;

/** Every alarm that was ever raised, at most MOST_ALARMS of the newest. */
export async function alarms(): Promise<readonly Alarm[]> {
  const all: Alarm[] = [];
  let before: number | null = null;
  do {
    const page: AlarmPage = await get("/alarms", {
      retained: "false",
      limit: PAGE_ROWS,
      ...(before === null ? {} : { before }),
    });
    all.push(...page.items);
    before = page.next_before;
  } while (before !== null && all.length < MOST_ALARMS);
  return all;
}

export const journal = (before: number | null): Promise<JournalPage> =>
  get("/alarms/journal", { limit: 100, ...(before === null ? {} : { before }) });

export const alarmEvents = async (number: number): Promise<readonly AlarmEvent[]> =>
  (await get<{ items: readonly AlarmEvent[] }>(`/alarms/${String(number)}/events`)).items;

/** What a person may do with an alarm, by the last part of its address. */
export type Answer =
  | "acknowledge"
  | "confirm"
  | "reset"
  | "shelve"
  | "unshelve"
  | "suppress"
  | "unsuppress"
  | "out-of-service"
  | "in-service";

export interface Shelve {
  readonly how: "timed" | "one_shot";
  readonly for_s: number | null;
}

export const answer = (number: number, what: Answer, reason: string, shelve: Shelve | null): Promise<Alarm> =>
  post(`/alarms/${String(number)}/${what}`, shelve === null ? { reason } : { reason, ...shelve });

export interface Flood {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly alarms: number;
  readonly peak_10_min: number;
}

export interface BadActor {
  readonly alarm: number;
  readonly rule: string;
  readonly signal: string;
  readonly side: string;
  readonly raised: number;
  readonly share: number;
  readonly chattering: boolean;
  readonly fleeting: number;
  readonly stale_s: number;
}

export interface Benchmark {
  readonly name: string;
  readonly value: number;
  readonly target: string;
  readonly met: boolean;
}

export interface AlarmMetrics {
  readonly start_ms: number;
  readonly end_ms: number;
  readonly operators: number;
  readonly raised: number;
  readonly hidden: number;
  readonly per_10_min: number;
  readonly per_hour: number;
  readonly per_day: number;
  readonly floods: readonly Flood[];
  readonly worst: readonly BadActor[];
  readonly stale: number;
  readonly by_priority: Readonly<Record<AlarmPriority, number>>;
  readonly benchmarks: readonly Benchmark[];
}

export interface Nuisance extends BadActor {
  readonly asset: string;
  readonly title: string;
  readonly per_day: number;
  readonly setting: {
    readonly name: string;
    readonly value: number;
    readonly before: number;
    readonly left: number;
  } | null;
  readonly reason: string;
}

const range = (fromMs: number, toMs: number): { from: number; to: number } => ({
  from: Math.floor(fromMs),
  to: Math.ceil(toMs),
});

export const alarmMetrics = (fromMs: number, toMs: number, operators: number): Promise<AlarmMetrics> =>
  get("/alarm-metrics", { ...range(fromMs, toMs), operators });

export const nuisances = async (fromMs: number, toMs: number): Promise<readonly Nuisance[]> =>
  (await get<{ items: readonly Nuisance[] }>("/alarm-nuisances", range(fromMs, toMs))).items;
