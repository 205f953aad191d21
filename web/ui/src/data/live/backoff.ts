/** How long to wait before the next attempt: 0.5 s doubling to 10 s, each shortened by up to half at random. */

export const FIRST_MS = 500;
export const LONGEST_MS = 10_000;

/** The wait before attempt number `attempt` (0 = first retry); `random` is in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return full * (1 - random / 2);
}
