/** The stages behind the connectors and how far each lies behind the journal's head. */

import type { JSX } from "preact";
import type { StageStatus } from "../../data/rest/model.ts";
import { t } from "../i18n/index.ts";
import { STAGE_CONDITION } from "../parts/conditions.ts";
import { age, lag, number } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { TableSection } from "./table.tsx";

export function Stages(props: { of: readonly StageStatus[]; atMs: number }): JSX.Element {
  const num = true;
  return (
    <TableSection
      name="stages"
      heading={t("health.stages")}
      empty={t("health.no_stages")}
      heads={[
        { text: t("health.name") },
        { text: t("health.state") },
        { text: t("health.behind"), num },
        { text: t("health.rows"), num },
        { text: t("health.row_rate"), num },
        { text: t("health.error") },
      ]}
      rows={props.of.map((each) => (
        <tr key={each.name} data-stage={each.name}>
          <th scope="row">
            {each.name}
            <span class="sub">{each.kind}</span>
          </th>
          <td>
            <span class="chip">
              <ConditionGlyph of={STAGE_CONDITION[each.state]} />
              {t(`stage.state.${each.state}`)}
            </span>
            <span class="sub">{age(props.atMs - each.since_ms)}</span>
          </td>
          <td class="num">
            {each.behind_rows === 0
              ? t("health.none_behind")
              : t("health.rows_behind", { rows: number(each.behind_rows), age: lag(each.behind_s) })}
          </td>
          <td class="num">{number(each.rows)}</td>
          <td class="num">{number(each.rows_per_s, 1)}</td>
          <td class="error">{each.last_error === "" ? t("value.none") : each.last_error}</td>
        </tr>
      ))}
    />
  );
}
