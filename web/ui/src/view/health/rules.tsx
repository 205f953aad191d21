/** Every rule: whether it runs, and how much of it is active now. */

import type { JSX } from "preact";
import { rules } from "../../data/rest/api.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { number } from "../parts/format.ts";
import { ConditionGlyph, SeverityGlyph } from "../parts/glyph.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;

export function Rules(): JSX.Element {
  const resource = useResource(rules, [], EVERY_MS);
  const heading = t("health.rules");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  return (
    <TableSection
      name="rules"
      heading={heading}
      empty={t("health.no_rules")}
      heads={[
        { text: t("issues.severity") },
        { text: t("health.rule") },
        { text: t("health.type") },
        { text: t("health.state") },
        { text: t("health.active"), num: true },
        { text: t("health.error") },
      ]}
      rows={(resource.value ?? []).map((rule) => (
        <tr key={rule.id} data-rule={rule.id}>
          <td>
            <SeverityGlyph severity={rule.severity} quiet={rule.active === 0} />
            <span class="visually-hidden">{t(`severity.${rule.severity}`)}</span>
          </td>
          <th scope="row">
            {rule.title}
            <span class="sub">
              {rule.id} {rule.version}
            </span>
          </th>
          <td>{rule.type}</td>
          <td>
            <span class="chip">
              <ConditionGlyph of={rule.error !== "" ? "failed" : rule.enabled ? "good" : "off"} />
              {t(rule.error !== "" ? "health.disabled" : rule.enabled ? "health.enabled" : "health.off")}
            </span>
          </td>
          <td class="num">{number(rule.active)}</td>
          <td class="error">{rule.error === "" ? t("value.none") : rule.error}</td>
        </tr>
      ))}
    />
  );
}
