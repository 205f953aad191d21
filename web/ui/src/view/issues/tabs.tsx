/** The ways to look at issues. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";

const TABS = [
  ["list", "/issues", "issues.tab.list"],
  ["board", "/issues/board", "issues.tab.board"],
  ["mine", "/my-work", "issues.tab.mine"],
  ["learning", "/learning", "issues.tab.learning"],
] as const;

export function IssueTabs(props: { here: (typeof TABS)[number][0] }): JSX.Element {
  return (
    <nav class="segments" aria-label={t("issues.tabs")}>
      {TABS.map(([name, to, label]) => (
        <a key={name} href={to} aria-current={name === props.here ? "true" : undefined}>
          {t(label)}
        </a>
      ))}
    </nav>
  );
}
