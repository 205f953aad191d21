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

const ROOT_PX = 15;
/** ISO 9241-3: a capital of 6 mm for each metre between eye and screen; it is about 0.7 of the font's size. */
const CAPITAL_MM_PER_M = 6;
const CAPITAL_OF_FONT = 0.7;
const USUAL_INCH = 55;
/** The width of a 16:9 screen by its diagonal. */
const WIDTH_OF_DIAGONAL = 0.8716;

/** The scale at which plain text can be read from so many metres, on a screen of so many inches across. */
export function scaleFor(distanceM: number, inch: number, widthPx: number): number {
  const pixelMm = (inch * 25.4 * WIDTH_OF_DIAGONAL) / widthPx;
  return (CAPITAL_MM_PER_M * distanceM) / pixelMm / CAPITAL_OF_FONT / ROOT_PX;
}

const positive = (text: string | null): number | null => {
  const value = Number(text);
  return text !== null && Number.isFinite(value) && value > 0 ? value : null;
};

export function readSettings(): Settings {
  const distance = positive(query.value.get("distance"));
  const inch = positive(query.value.get("inch")) ?? USUAL_INCH;
  const wanted = distance === null ? (positive(query.value.get("scale")) ?? 1) : scaleFor(distance, inch, innerWidth);
  const nearest = [...SCALES].sort((a, b) => Math.abs(Number(a) - wanted) - Math.abs(Number(b) - wanted))[0];
  const seconds = Number(query.value.get("rotate") ?? ROTATE_S);
  return {
    scale: nearest ?? "1",
    rotateMs: (Number.isFinite(seconds) && seconds >= FASTEST_S ? seconds : ROTATE_S) * 1_000,
  };
}
