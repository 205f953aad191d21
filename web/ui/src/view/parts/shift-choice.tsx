/** The choice between the shift that runs and the one before; which is chosen stands in the address. */

import type { JSX } from "preact";
import type { ShiftPick } from "../../data/rest/standing.ts";
import { go, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";

const PICKS: readonly ShiftPick[] = ["current", "previous"];

export function ShiftChoice(props: { pick: ShiftPick }): JSX.Element {
  return (
    <div class="segments" role="group" aria-label={t("shift.label")}>
      {PICKS.map((pick) => (
        <button
          key={pick}
          type="button"
          aria-pressed={pick === props.pick}
          onClick={() => {
            go(withQuery("shift", pick === "current" ? "" : pick), "replace");
          }}
        >
          {t(`shift.${pick}`)}
        </button>
      ))}
    </div>
  );
}
