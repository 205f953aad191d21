/** A rule as it can be changed, and its changes. */

import { get, post, put } from "./request.ts";

export type Settings = Readonly<Record<string, unknown>>;

export interface RuleField {
  readonly name: string;
  readonly wanted: string;
  readonly description: string;
  readonly default: string | null;
}

export interface RuleSheet {
  readonly id: string;
  readonly revision: number;
  readonly origin: "files" | "people";
  readonly settings: Settings;
  readonly in_files: Settings;
  readonly fields: readonly RuleField[];
  readonly cases: readonly string[];
  readonly error: string;
}

const at = (rule: string): string => `/rules/${encodeURIComponent(rule)}`;
const made = (sheet: RuleSheet): Record<string, string> => ({ "if-match": `"${String(sheet.revision)}"` });
/** Test cases run before a change holds. */
const CASES_MS = 60_000;

export const ruleSheet = (rule: string): Promise<RuleSheet> => get(at(rule));

export const changeRule = (
  from: RuleSheet,
  settings: Settings,
  reason: string,
  despite: readonly string[],
): Promise<RuleSheet> => put(at(from.id), { settings, reason, despite }, made(from));

/** Runs an earlier revision again, or what the files say where `to` is null. */
export const takeRuleBack = (from: RuleSheet, to: number | null, reason: string): Promise<RuleSheet> =>
  post(`${at(from.id)}/take-back`, { to, reason }, CASES_MS, made(from));
