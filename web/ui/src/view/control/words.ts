/** Values of commands as people read them. */

import type { Command, Operation, Parameter, Value, Values } from "../../data/rest/control.ts";
import { t } from "../i18n/index.ts";
import { number } from "../parts/format.ts";

export const nameOf = (path: string): string => path.split("/").at(-1) ?? path;

/** A value of a parameter: a choice or state by its word, a number with the signal's decimals. */
export function shown(value: Value | null | undefined, parameter: Parameter | undefined, words: Readonly<Record<string, string>> = {}): string {
  if (value === null || value === undefined) return t("value.none");
  if (typeof value === "boolean") return t(value ? "value.yes" : "value.no");
  const word = words[String(value)] ?? parameter?.labels[String(value)];
  if (word !== undefined) return word;
  if (typeof value === "string") return value;
  // What was asked is never rounded away: at least the signal's decimals, and as many as the value has.
  const own = (String(value).split(".")[1] ?? "").length;
  const whole = parameter === undefined || ["integer", "enum"].includes(parameter.data_type);
  return number(value, Math.min(9, Math.max(whole ? 0 : parameter.decimals, own)));
}

/** What a command asks for, in one line: "120 → 110 1/min", or the word of a choice. */
export function change(command: Command, values: Values, present: Values): string {
  const chooses = Object.keys(command.choices).length > 0;
  return command.parameters
    .map((each) => {
      const to = shown(values[each.signal], each, command.choices);
      if (chooses) return to;
      const line = t("control.change", { from: shown(present[each.shown], each), to, unit: each.unit });
      return command.parameters.length > 1 ? `${nameOf(each.signal)}: ${line}` : line;
    })
    .join("; ")
    .trim();
}

/** The values of an operation whose command may no longer be configured. */
export function asked(operation: Operation, command: Command | undefined): string {
  if (command !== undefined) return change(command, operation.values, operation.present);
  return Object.entries(operation.values)
    .map(([path, value]) => `${nameOf(path)} ${shown(value, undefined)}`)
    .join("; ");
}
