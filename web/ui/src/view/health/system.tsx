/** What the gateway runs on: versions, and room on the disk. */

import type { JSX } from "preact";
import { system } from "../../data/rest/upkeep.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { bytes, percent } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { waiting } from "./table.tsx";

const EVERY_MS = 30_000;
const LITTLE = 0.1;

export function SystemPanel(): JSX.Element {
  const resource = useResource(system, [], EVERY_MS);
  const heading = t("system.title");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  const now = resource.value;
  if (wait !== null || now === null) return wait ?? <></>;
  const free = now.disk_free_bytes / now.disk_total_bytes;
  return (
    <section class="panel" aria-label={heading} data-section="system">
      <h2>{heading}</h2>
      <dl class="facts">
        <div>
          <dt>{t("system.disk")}</dt>
          <dd>
            <ConditionGlyph of={free < LITTLE ? "warning" : "good"} />{" "}
            {t("system.free", { free: bytes(now.disk_free_bytes), total: bytes(now.disk_total_bytes), share: percent(free) })}
          </dd>
        </div>
        <div>
          <dt>{t("system.version")}</dt>
          <dd>{t("system.version_is", { version: now.version, build: now.build })}</dd>
        </div>
        <div>
          <dt>{t("system.python")}</dt>
          <dd>{now.python}</dd>
        </div>
        <div>
          <dt>{t("system.platform")}</dt>
          <dd>{now.platform}</dd>
        </div>
        {Object.entries(now.libraries).map(([name, version]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{version}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
