/** Connect a connector anew, switch it off with a reason, or on again. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ConnectorStatus } from "../../data/rest/model.ts";
import { restart, switchOff, switchOn } from "../../data/rest/upkeep.ts";
import { t } from "../i18n/index.ts";
import { ReasonDialog } from "../parts/reason.tsx";

export function Switch(props: { of: ConnectorStatus }): JSX.Element {
  const { of } = props;
  const [asks, setAsks] = useState(false);
  const [told, setTold] = useState("");
  const run = (work: Promise<unknown>): void => {
    work.then(
      () => { setTold(t("act.asked")); },
      (error: unknown) => { setTold(error instanceof Error ? error.message : String(error)); },
    );
  };
  return (
    <td class="acts">
      {of.off === "" ? (
        <>
          <button type="button" class="small-button" aria-label={t("act.restart_of", { name: of.name })} onClick={() => { run(restart(of.name)); }}>
            {t("act.restart")}
          </button>
          <button type="button" class="small-button" aria-label={t("act.off_of", { name: of.name })} onClick={() => { setAsks(true); }}>
            {t("act.off")}
          </button>
        </>
      ) : (
        <button type="button" class="small-button" aria-label={t("act.on_of", { name: of.name })} onClick={() => { run(switchOn(of.name)); }}>
          {t("act.on")}
        </button>
      )}
      <span class="sub" role="status">{told}</span>
      {asks ? (
        <ReasonDialog
          heading={t("act.off_ask", { name: of.name })}
          act={t("act.off")}
          close={() => { setAsks(false); }}
          send={async (reason) => {
            await switchOff(of.name, reason);
            setTold(t("act.asked"));
          }}
        />
      ) : null}
    </td>
  );
}
