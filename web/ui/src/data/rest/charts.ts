/** Control charts, as `GET /charts` tells them. */

import { get } from "./request.ts";

export interface ChartLimits {
  readonly version: string;
  readonly centre: number;
  readonly sigma: number;
  readonly phi: number;
  readonly points: number;
  readonly origin: string;
}

export interface ChartSummary {
  readonly rule: string;
  readonly title: string;
  readonly signal: string;
  readonly side: string;
  readonly kind: string;
  readonly unit: string;
  readonly phase: "estimating" | "monitoring" | "off";
  readonly have: number;
  readonly want: number;
  readonly active: boolean;
  readonly limits: ChartLimits | null;
}

export interface ChartPanel {
  readonly name: string;
  readonly unit: string;
  readonly value: readonly (number | null)[];
  readonly lower: readonly (number | null)[];
  readonly centre: readonly (number | null)[];
  readonly upper: readonly (number | null)[];
}

export interface CapabilityIndex {
  readonly name: string;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface ControlChart {
  readonly summary: ChartSummary;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly points: {
    readonly number: readonly number[];
    readonly start_ms: readonly number[];
    readonly end_ms: readonly number[];
    readonly size: readonly number[];
    readonly hits: readonly (readonly string[])[];
  };
  readonly panels: readonly ChartPanel[];
  readonly legend: readonly { readonly name: string; readonly text: string }[];
  readonly autocorrelation: { readonly dependent: boolean; readonly sentence: string } | null;
  readonly capability: {
    readonly lower: number | null;
    readonly upper: number | null;
    readonly confidence: number;
    readonly values: number;
    readonly indices: readonly CapabilityIndex[];
    readonly refused: string;
  } | null;
}

export const chartsOf = async (asset: string): Promise<readonly ChartSummary[]> =>
  (await get<{ items: readonly ChartSummary[] }>("/charts", { asset })).items;

export const controlChart = (of: ChartSummary, fromMs: number, toMs: number): Promise<ControlChart> =>
  get(`/charts/${encodeURIComponent(of.rule)}`, {
    signal: of.signal,
    from: Math.floor(fromMs),
    to: Math.ceil(toMs),
    ...(of.side === "" ? {} : { side: of.side }),
  });
