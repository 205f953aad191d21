/** What differs between two sets of settings, line by line. */

import type { JSX } from "preact";
import type { Settings } from "../../data/rest/rules.ts";
import { t } from "../i18n/index.ts";

/** Settings as lines: nested ones by their path, so that a change in one of them is seen as that. */
export function flat(settings: Settings, at = ""): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of Object.entries(settings)) {
    const path = at === "" ? name : `${at}.${name}`;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) Object.assign(found, flat(value as Settings, path));
    else found[path] = JSON.stringify(value);
  }
  return found;
}

export interface Difference {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export function differences(before: Settings, after: Settings): readonly Difference[] {
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .sort()
    .map((name) => ({ name, before: old[name] ?? null, after: now[name] ?? null }))
    .filter((each) => each.before !== each.after);
}

export function Diff(props: { found: readonly Difference[] }): JSX.Element {
  return (
    <table class="rule-diff">
      <thead>
        <tr>
          <th scope="col">{t("rules.setting")}</th>
          <th scope="col">{t("rules.before")}</th>
          <th scope="col">{t("rules.after")}</th>
        </tr>
      </thead>
      <tbody>
        {props.found.map((each) => (
          <tr key={each.name} data-setting={each.name}>
            <th scope="row">{each.name}</th>
            <td>
              <del>{each.before ?? t("rules.unset")}</del>
            </td>
            <td>
              <ins>{each.after ?? t("rules.unset")}</ins>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
