/** Every address of /api/v1 that the page uses. */

import type { Column } from "../live/protocol.ts";
import type {
  Buckets,
  DeadLetter,
  ExportFormat,
  ExportJob,
  Gap,
  Health,
  Issue,
  IssueEvent,
  IssueState,
  Plant,
  Rows,
  RuleStatus,
  UnknownSource,
} from "./model.ts";
import { get, post, queryString, remove } from "./request.ts";

export const plant = (): Promise<Plant> => get("/plant");

/** What lists answer with. */
interface Items<T> {
  readonly items: readonly T[];
}

const PAGE_ROWS = 1_000;
/** The most signals one history request may name. */
const HISTORY_SIGNALS = 64;

export async function signals(): Promise<readonly Column[]> {
  const all: Column[] = [];
  let offset: number | null = 0;
  while (offset !== null) {
    const page: Items<Column> & { next_offset: number | null } = await get("/signals", { offset, limit: PAGE_ROWS });
    all.push(...page.items);
    offset = page.next_offset;
  }
  return all;
}

/** All signals of one machine. */
export const signalsOf = async (machine: string): Promise<readonly Column[]> =>
  (await get<Items<Column>>("/signals", { machine, limit: PAGE_ROWS })).items;

/** Buckets of each signal in the order asked, `px` of them at most over the range. */
export async function buckets(
  paths: readonly string[],
  fromMs: number,
  toMs: number,
  px: number,
): Promise<readonly Buckets[]> {
  const range = { from: Math.floor(fromMs), to: Math.ceil(toMs), px };
  const all: Buckets[] = [];
  for (let i = 0; i < paths.length; i += HISTORY_SIGNALS) {
    const query = { signal: paths.slice(i, i + HISTORY_SIGNALS), ...range };
    all.push(...(await get<{ series: readonly Buckets[] }>("/history/buckets", query)).series);
  }
  return all;
}

/** Raw rows of one signal, at most `limit`, oldest first. */
export const rows = (path: string, fromMs: number, toMs: number, limit: number): Promise<Rows> =>
  get("/history/rows", { signal: path, from: Math.floor(fromMs), to: Math.ceil(toMs), limit });

export const startExport = (
  paths: readonly string[],
  fromMs: number,
  toMs: number,
  format: ExportFormat,
): Promise<ExportJob> =>
  post("/exports", { signals: paths, from: Math.floor(fromMs), to: Math.ceil(toMs), format });

export const exportJob = (id: string): Promise<ExportJob> => get(`/exports/${id}`);

export const removeExport = (id: string): Promise<void> => remove(`/exports/${id}`);

/** Where a finished export's file is. */
export const exportFile = (id: string): string => `/api/v1/exports/${id}/file`;

/** One page of issues, newest first, without their evidence; the next page ends before `next_before`. */
export interface IssuePage extends Items<Issue> {
  readonly next_before: number | null;
}

/** What a list of issues is narrowed by beside its states. */
export type IssueFilter = Readonly<Partial<Record<"asset" | "team" | "owner" | "text", string>>>;

export const issuePage = (
  states: readonly IssueState[],
  before: number | null,
  limit: number,
  filter: IssueFilter = {},
): Promise<IssuePage> => get("/issues", { state: states, limit, ...filter, ...(before === null ? {} : { before }) });

const ISSUE_ROWS = 500;
/** More open issues than this at once are a flood that no list can tell. */
export const MOST_ISSUES = 4_000;

/** Every issue in these states, at most MOST_ISSUES of the newest. */
export async function issues(states: readonly IssueState[], filter: IssueFilter = {}): Promise<readonly Issue[]> {
  const all: Issue[] = [];
  let before: number | null = null;
  do {
    const page: IssuePage = await issuePage(states, before, ISSUE_ROWS, filter);
    all.push(...page.items);
    before = page.next_before;
  } while (before !== null && all.length < MOST_ISSUES);
  return all;
}

export const issue = (number: number): Promise<Issue> => get(`/issues/${String(number)}`);

export const issueEvents = async (number: number): Promise<readonly IssueEvent[]> =>
  (await get<Items<IssueEvent>>(`/issues/${String(number)}/events`)).items;

export const acknowledge = (number: number, note: string): Promise<Issue> =>
  post(`/issues/${String(number)}/acknowledge`, { note });

export const comment = (number: number, text: string): Promise<IssueEvent> =>
  post(`/issues/${String(number)}/comments`, { text });

export const reject = (number: number, reason: string): Promise<Issue> =>
  post(`/issues/${String(number)}/reject`, { reason });

export const rules = async (): Promise<readonly RuleStatus[]> =>
  (await get<Items<RuleStatus>>("/rules")).items;

export const unknownSources = async (connector: string): Promise<readonly UnknownSource[]> =>
  (await get<Items<UnknownSource>>(`/connectors/${encodeURIComponent(connector)}/unknown`)).items;

export interface DeadLetterPage extends Items<DeadLetter> {
  /** How many are kept, and how many of them nobody has decided on. */
  readonly total: number;
  readonly waiting: number;
  readonly next_before: number | null;
}

export const deadLetters = (before: number | null, show: "waiting" | "all"): Promise<DeadLetterPage> =>
  get("/dead-letters", { limit: 50, show, ...(before === null ? {} : { before }) });

export interface GapPage extends Items<Gap> {
  readonly truncated: boolean;
}

export interface GapFilter {
  readonly machine: string;
  readonly state: string;
  readonly cause: string;
}

const gapParts = (fromMs: number, toMs: number, wanted: GapFilter): Record<string, string | number> => ({
  from: Math.floor(fromMs),
  to: Math.ceil(toMs),
  ...(wanted.machine === "" ? {} : { machine: wanted.machine }),
  ...(wanted.state === "" ? {} : { state: wanted.state }),
  ...(wanted.cause === "" ? {} : { cause: wanted.cause }),
});

export const gaps = (fromMs: number, toMs: number, wanted: GapFilter): Promise<GapPage> =>
  get("/gaps", { ...gapParts(fromMs, toMs, wanted), limit: 1_000 });

/** The same as the query of an address. */
export const gapQuery = (fromMs: number, toMs: number, wanted: GapFilter): string => queryString(gapParts(fromMs, toMs, wanted));

export const health = (): Promise<Health> => get("/health");
