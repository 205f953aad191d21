/** Says over the whole width that what is shown is old, and how old. */

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { everLive, lostForMs, phase } from "../live/session.ts";
import { age } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";

/** A page that has just opened is connecting, not disconnected, for this long. */
const PATIENCE_MS = 3_000;

export function Banner(): JSX.Element | null {
  void textTick.value;
  const lost = phase.value !== "live";
  const waited = lostForMs();
  useEffect(() => {
    document.documentElement.dataset["connection"] = !lost ? "live" : everLive.value ? "lost" : "connecting";
  }, [lost, everLive.value]);
  if (!lost) return null;
  if (!everLive.value && waited < PATIENCE_MS) {
    return (
      <div class="banner banner-calm" role="status">
        {t("banner.connecting")}
      </div>
    );
  }
  const key = everLive.value ? "banner.lost" : "banner.never";
  return (
    <div class="banner" role="alert" aria-live="off">
      <ConditionGlyph of="failed" />
      <span>{t(key, { age: age(waited) })}</span>
    </div>
  );
}
