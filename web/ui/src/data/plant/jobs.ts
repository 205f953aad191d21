/** Which job is due on a machine of the floor, by the published schedule as things go. */

import type { Board } from "../rest/planning.ts";

export interface Job {
  readonly order: string;
  readonly op: string;
  readonly product: string;
  readonly qty: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly dueMs: number;
  readonly lateMin: number;
}

export interface Jobs {
  readonly now: Job | null;
  readonly next: Job | null;
}

const MIN_MS = 60_000;

/** By the path of each machine that has one: what is due now, and what comes after. */
export function jobsByPath(board: Board, nowMs: number): ReadonlyMap<string, Jobs> {
  const found = new Map<string, Jobs>();
  for (const lane of board.lanes) {
    if (lane.path === "") continue;
    const jobs = board.bars
      .filter((bar) => bar.job.machine === lane.machine && bar.projected_end_min * MIN_MS > nowMs)
      .sort((a, b) => a.projected_start_min - b.projected_start_min)
      .map((bar) => ({
        order: bar.job.order,
        op: bar.job.op,
        product: bar.product,
        qty: bar.qty,
        startMs: bar.projected_start_min * MIN_MS,
        endMs: bar.projected_end_min * MIN_MS,
        dueMs: bar.due_at_min * MIN_MS,
        lateMin: bar.late_min,
      }));
    const [first] = jobs;
    const runs = first !== undefined && first.startMs <= nowMs;
    found.set(lane.path, { now: runs ? first : null, next: (runs ? jobs[1] : first) ?? null });
  }
  return found;
}
