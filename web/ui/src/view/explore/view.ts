/** What an address of explore asks for: signals, window, comparison and selection; and how to change one of them. */

import { go, query, withParts } from "../frame/router.ts";

export const MOST_SIGNALS = 8;
export const WINDOWS_S = [60, 300, 900, 3_600, 28_800, 86_400, 604_800, 2_592_000] as const;
const DEFAULT_S = 3_600;
const LONGEST_S = 366 * 86_400;

export type Comparison = "none" | "window" | "day" | "week";
export const COMPARISONS: readonly Comparison[] = ["none", "window", "day", "week"];

export interface View {
  readonly paths: readonly string[];
  readonly windowMs: number;
  /** The end of the window, or null while it follows the clock. */
  readonly toMs: number | null;
  readonly comparison: Comparison;
  readonly selection: readonly [number, number] | null;
}

function positive(text: string | null, most: number): number | null {
  const value = Number(text);
  return text !== null && Number.isFinite(value) && value > 0 && value <= most ? value : null;
}

function selectionOf(text: string | null): readonly [number, number] | null {
  const [from, to] = (text ?? "").split("-").map(Number);
  return from !== undefined && to !== undefined && from > 0 && to > from && Number.isFinite(to) ? [from, to] : null;
}

/** Reads the address; what makes no sense in it counts as not given. */
export function readView(): View {
  const asked = query.value;
  return {
    paths: [...new Set(asked.getAll("s"))].slice(0, MOST_SIGNALS),
    windowMs: (positive(asked.get("window"), LONGEST_S) ?? DEFAULT_S) * 1_000,
    toMs: positive(asked.get("to"), 8.64e15),
    comparison: COMPARISONS.find((each) => each === asked.get("compare")) ?? "none",
    selection: selectionOf(asked.get("select")),
  };
}

export function change(parts: Readonly<Record<string, readonly string[]>>): void {
  go(withParts(parts), "replace");
}

export const whole = (ms: number): string => String(Math.round(ms));

export function select(fromMs: number, toMs: number): void {
  change({ select: [`${whole(fromMs)}-${whole(toMs)}`] });
}

/** How far back the compared period lies. */
export function backMs(view: View): number {
  switch (view.comparison) {
    case "none":
      return 0;
    case "window":
      return view.windowMs;
    case "day":
      return 86_400_000;
    case "week":
      return 7 * 86_400_000;
  }
}
