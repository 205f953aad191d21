/** Who is on duty now and next, how the channels are doing, and what became of every message. */

import type { JSX } from "preact";
import { t } from "../i18n/index.ts";
import { who } from "../live/who.ts";
import { Channels } from "./channels.tsx";
import { Log } from "./log.tsx";
import { Teams } from "./teams.tsx";
import "./notifications.css";

export function NotificationsPage(_props: { rest: string }): JSX.Element {
  const rights = who.value?.rights ?? [];
  const reads = rights.includes("notify.read");
  return (
    <div class="notifications">
      <div class="page-head">
        <h1>{t("nav.notifications")}</h1>
      </div>
      <Teams />
      {reads ? <Channels mayTest={rights.includes("notify.approve")} /> : <p class="note">{t("notify.hidden")}</p>}
      {reads ? <Log mayRetry={rights.includes("notify.approve")} /> : null}
    </div>
  );
}
