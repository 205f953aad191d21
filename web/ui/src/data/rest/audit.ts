/** The audit: search it, take it away, have it verified. */

import { get, queryString, type Query } from "./request.ts";

export interface AuditEntry {
  readonly seq: number;
  readonly time_ms: number;
  readonly actor: string;
  readonly kind: string;
  readonly action: string;
  readonly target: string;
  readonly address: string;
  readonly outcome: string;
  readonly detail: string;
  readonly mac: string;
}

export interface AuditPage {
  readonly items: readonly AuditEntry[];
  readonly next_before: number | null;
}

export interface Verification {
  readonly entries: number;
  readonly bad_seq: number | null;
  readonly fault: string;
  readonly anchored: boolean;
}

export const auditPage = (query: Query): Promise<AuditPage> => get("/audit", query);

export const verification = (): Promise<Verification> => get("/audit/verification");

/** As many entries as the gateway gives at once. */
const MOST = 100_000;

/** Where what a search finds lies as a file. */
export const auditFile = (query: Query, format: "csv" | "json"): string =>
  `/api/v1/audit/file${queryString({ ...query, format, limit: MOST })}`;
