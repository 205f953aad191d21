/** How a wall screen was asked to look, by its address. */

import { query } from "../frame/router.ts";

/** Sizes that the styles know: 1 is for a desk, 2 for about three metres from a 55 inch screen, 3 for five. */
export const SCALES = ["1", "1.25", "1.5", "1.75", "2", "2.5", "3", "4"] as const;
const ROTATE_S = 15;
const FASTEST_S = 3;

export interface Settings {
  readonly scale: (typeof SCALES)[number];
  /** How long each picture stays where not all fits on one. */
  readonly rotateMs: number;
}

export function readSettings(): Settings {
  const wanted = Number(query.value.get("scale") ?? 1);
  const nearest = [...SCALES].sort((a, b) => Math.abs(Number(a) - wanted) - Math.abs(Number(b) - wanted))[0];
  const seconds = Number(query.value.get("rotate") ?? ROTATE_S);
  return {
    scale: Number.isFinite(wanted) ? (nearest ?? "1") : "1",
    rotateMs: (Number.isFinite(seconds) && seconds >= FASTEST_S ? seconds : ROTATE_S) * 1_000,
  };
}
