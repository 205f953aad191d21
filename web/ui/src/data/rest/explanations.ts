/** Why an issue was opened, replayed by an oracle that shares no code with the rules. */

import type { EvidenceSeries } from "./model.ts";
import { get } from "./request.ts";

export interface Step {
  readonly time_ms: number;
  readonly text: string;
}

export interface Explanation {
  readonly issue: number;
  readonly rule: string;
  readonly rule_version: string;
  readonly settings: Readonly<Record<string, unknown>> | null;
  readonly limits: Readonly<Record<string, number | null>>;
  readonly text: string;
  readonly samples: readonly EvidenceSeries[];
  readonly steps: readonly Step[];
  readonly reproduced: boolean;
  readonly difference: string;
}

export const explanation = (issue: number): Promise<Explanation> => get(`/issues/${String(issue)}/explanation`);
