/** Settings of a rule as text that people edit, and back; what the gateway makes of it is its own matter. */

import type { RuleField, Settings } from "../../data/rest/rules.ts";

export type Kind = "flag" | "choice" | "text" | "json";

/** What is edited below the rest: it changes no outcome. */
export const ASIDE: readonly string[] = ["description", "issue_type", "alarm"];

const CHOICE = /^[\w.-]+( or [\w.-]+)+$/;
const WORDS = ["text", "true or false"];

/** The words of a closed choice, none where other values are allowed too. */
export function choices(field: RuleField): readonly string[] {
  return CHOICE.test(field.wanted) && !WORDS.includes(field.wanted) ? field.wanted.split(" or ") : [];
}

export function kindOf(field: RuleField, value: unknown): Kind {
  if (field.wanted === "true or false") return "flag";
  if (choices(field).length > 0) return "choice";
  if (value !== null && typeof value === "object") return "json";
  return field.wanted.startsWith("a list") || field.wanted.includes("`") ? "json" : "text";
}

export function toText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A text as the setting it stands for; what is no JSON stays text, so that the gateway says what is wrong with it. */
export function fromText(field: RuleField, kind: Kind, text: string): unknown {
  const trimmed = text.trim();
  if (kind === "flag") return text === "true";
  if (trimmed === "") return field.default === "none" || field.default === null ? (field.wanted === "text" ? "" : null) : "";
  if (kind === "json") {
    try {
      return JSON.parse(trimmed) as unknown;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return text;
    }
  }
  const number = Number(trimmed);
  return /number/.test(field.wanted) && Number.isFinite(number) ? number : text;
}

/** The settings with what was edited in place of what was there. */
export function edited(fields: readonly RuleField[], settings: Settings, texts: Readonly<Record<string, string>>): Settings {
  const made: Record<string, unknown> = { ...settings };
  for (const field of fields) {
    const text = texts[field.name];
    const before = settings[field.name];
    if (text === undefined || text === toText(before)) continue;
    made[field.name] = fromText(field, kindOf(field, before), text);
  }
  return made;
}
