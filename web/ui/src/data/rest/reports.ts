/** Reports of a shift or a day, and how KPIs stand against their targets. Times in epoch ms. */

import { get } from "./request.ts";

export interface Target {
  readonly name: string;
  readonly kpi: string;
  readonly unit: string;
  readonly owner: string;
  readonly action: string;
  readonly target: number;
  readonly higher_is_better: boolean;
  readonly days: number;
  readonly value: number | null;
  readonly coverage: number | null;
  readonly is_off: boolean;
}

export interface ReportLine {
  readonly unit: string;
  readonly kpis: Readonly<Record<string, number | null>>;
  readonly pieces: number;
  readonly good: number;
  readonly target_pieces: number | null;
  readonly losses: Readonly<Record<string, number>>;
  readonly coverage: number | null;
}

export interface Report {
  readonly kind: "shift" | "day";
  readonly unit: string;
  readonly label: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly is_over: boolean;
  readonly total: ReportLine;
  readonly lines: readonly ReportLine[];
  readonly targets: readonly Target[];
  readonly issues: readonly {
    readonly number: number;
    readonly severity: string;
    readonly state: string;
    readonly title: string;
    readonly asset: string;
    readonly is_new: boolean;
  }[];
  readonly held: readonly string[];
  readonly checks_due: number;
  readonly checks_late: number;
  readonly next_jobs: readonly { readonly job: string; readonly machine: string; readonly product: string; readonly qty: number; readonly start_ms: number }[];
  readonly remarks: readonly string[];
}

export interface Asked {
  readonly kind: "shift" | "day";
  readonly unit: string;
  readonly day: string;
  readonly shift: string;
}

function query(asked: Asked): Record<string, string> {
  const found: Record<string, string> = { kind: asked.kind };
  if (asked.unit !== "") found["unit"] = asked.unit;
  if (asked.day !== "") found["day"] = asked.day;
  if (asked.shift !== "") found["shift"] = asked.shift;
  return found;
}

export const targets = async (): Promise<readonly Target[]> => (await get<{ readonly items: readonly Target[] }>("/kpi-targets")).items;
export const report = (asked: Asked): Promise<Report> => get("/reports", query(asked));
export const reportFile = (asked: Asked, form: "pdf" | "csv"): string =>
  `/api/v1/reports/file.${form}?${new URLSearchParams(query(asked)).toString()}`;
