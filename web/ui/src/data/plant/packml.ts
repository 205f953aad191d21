/** What a machine's state word means for a person: PackML's 17 states (ISA-TR88.00.02) in six classes. */

import type { Column, TextValue } from "../live/protocol.ts";

export type StateClass = "running" | "idle" | "waiting" | "stopped" | "held" | "down" | "changing" | "other" | "none";

const CLASSES: Readonly<Record<string, StateClass>> = {
  execute: "running",
  running: "running",
  idle: "idle",
  complete: "idle",
  suspended: "waiting",
  suspending: "waiting",
  unsuspending: "waiting",
  stopped: "stopped",
  stopping: "stopped",
  held: "held",
  holding: "held",
  unholding: "held",
  aborted: "down",
  aborting: "down",
  clearing: "down",
  fault: "down",
  faulted: "down",
  error: "down",
  alarm: "down",
  starting: "changing",
  resetting: "changing",
  completing: "changing",
  setup: "changing",
};

/** Which of them a supervisor has to look at. */
export const ABNORMAL: ReadonlySet<StateClass> = new Set<StateClass>(["held", "down", "none"]);

/** One form for a state's word, whatever capitals a controller writes it in: EXECUTE, execute and Execute are the same. */
export function stateWord(word: string): string {
  const plain = word.replace(/[_-]+/g, " ").trim();
  const key = plain.toLowerCase().replace(/[^a-z]/g, "");
  if (Object.hasOwn(CLASSES, key)) return key.charAt(0).toUpperCase() + key.slice(1);
  // Other capitals may be an abbreviation of the plant's: only words without a small letter are long shouts.
  return /^[A-Z _]{5,}$/.test(word) ? plain.charAt(0) + plain.slice(1).toLowerCase() : word;
}

export function stateClass(word: string): StateClass {
  const key = word.toLowerCase().replace(/[^a-z]/g, "");
  return Object.hasOwn(CLASSES, key) ? (CLASSES[key] as StateClass) : "other";
}

/** The most numbers of an array that are written out. */
const SHOWN_NUMBERS = 6;

function arrayText(values: readonly unknown[]): string {
  const shown = values.slice(0, SHOWN_NUMBERS).map((each) => (each === null ? "–" : String(each)));
  return values.length > SHOWN_NUMBERS ? `${shown.join(", ")} … (${String(values.length)})` : shown.join(", ");
}

/** The word for a value of an enumeration or boolean, or its number where no label is configured. */
export function wordOf(column: Column, value: number, text: TextValue | undefined): string {
  if (text !== undefined && text !== null) {
    if (Array.isArray(text)) return arrayText(text);
    return column.role === "state" ? stateWord(String(text)) : String(text);
  }
  if (Number.isNaN(value)) return "";
  const label = column.labels.find(([number]) => number === value);
  if (label === undefined) return String(value);
  return column.role === "state" || column.role === "mode" ? stateWord(label[1]) : label[1];
}
