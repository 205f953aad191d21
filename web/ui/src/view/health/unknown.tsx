/** Data that arrives and that no mapping wants, by connector: adopted, or left alone with a reason. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { unknownSources } from "../../data/rest/api.ts";
import type { UnknownSource } from "../../data/rest/model.ts";
import { ignoreSource, noticeSource } from "../../data/rest/upkeep.ts";
import { query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { health, useHealth } from "../live/health.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { mayConfigure } from "../live/who.ts";
import { number } from "../parts/format.ts";
import { ReasonDialog } from "../parts/reason.tsx";
import { Loading } from "../parts/states.tsx";
import { AdoptDialog } from "./adopt.tsx";
import { HealthFrame } from "./frame.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

interface Listed {
  readonly connector: string;
  readonly kind: string;
  readonly of: UnknownSource;
}

interface Asked {
  readonly what: "adopt" | "ignore";
  readonly connector: string;
  readonly source: string;
}

function Acts(props: { row: Listed; ask: (asked: Asked) => void; again: () => void }): JSX.Element {
  const { connector, kind, of } = props.row;
  const source = of.source;
  if (of.remark !== null) {
    return (
      <td class="acts">
        {t("health.ignored_by", { by: of.remark.by, reason: of.remark.reason })}{" "}
        <button type="button" class="small-button" aria-label={t("act.notice_of", { source })} onClick={() => void noticeSource(connector, source).then(props.again)}>
          {t("act.notice")}
        </button>
      </td>
    );
  }
  return (
    <td class="acts">
      {kind === "mqtt" ? (
        <button type="button" class="small-button" aria-label={t("act.adopt_of", { source })} onClick={() => { props.ask({ what: "adopt", connector, source }); }}>
          {t("act.adopt")}
        </button>
      ) : null}
      <button type="button" class="small-button" aria-label={t("act.ignore_of", { source })} onClick={() => { props.ask({ what: "ignore", connector, source }); }}>
        {t("act.ignore")}
      </button>
    </td>
  );
}

function Unknown(props: { connectors: readonly { readonly name: string; readonly kind: string }[] }): JSX.Element {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [told, setTold] = useState("");
  const resource = useResource(
    async () => {
      const lists = await Promise.all(props.connectors.map((each) => unknownSources(each.name)));
      return props.connectors.flatMap(({ name, kind }, i) => (lists[i] ?? []).map((of): Listed => ({ connector: name, kind, of })));
    },
    [props.connectors.map((each) => each.name).join("\n")],
    EVERY_MS,
  );
  const heading = t("health.unknown");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  const all = query.value.get("show") === "all";
  const may = mayConfigure.value;
  const again = (): void => { resource.soon(0); };
  const rows = (resource.value ?? []).filter((row) => all || row.of.remark === null);
  return (
    <>
      {told === "" ? null : <p role="status" class="note">{told}</p>}
      <TableSection
        name="unknown"
        heading={heading}
        empty={t("health.no_unknown")}
        heads={[
          { text: t("health.connector") },
          { text: t("health.source") },
          { text: t("health.count"), num: true },
          { text: t("health.first") },
          { text: t("health.last") },
          { text: t("health.sample") },
          ...(may ? [{ text: t("act.what") }] : []),
        ]}
        rows={rows.map((row) => (
          <tr key={`${row.connector} ${row.of.source}`} data-source={row.of.source}>
            <th scope="row">{row.connector}</th>
            <td class="code">{row.of.source}</td>
            <td class="num">{number(row.of.count)}</td>
            <td>{at(row.of.first_ms)}</td>
            <td>{at(row.of.last_ms)}</td>
            <td class="code excerpt">{row.of.sample}</td>
            {may ? <Acts row={row} ask={setAsked} again={again} /> : null}
          </tr>
        ))}
      />
      {asked?.what === "adopt" ? (
        <AdoptDialog
          connector={asked.connector}
          source={asked.source}
          close={() => { setAsked(null); }}
          done={(text) => {
            setAsked(null);
            setTold(text);
            again();
          }}
        />
      ) : null}
      {asked?.what === "ignore" ? (
        <ReasonDialog
          heading={t("act.ignore_of", { source: asked.source })}
          act={t("act.ignore")}
          close={() => { setAsked(null); }}
          send={async (reason) => {
            await ignoreSource(asked.connector, asked.source, reason);
            again();
          }}
        />
      ) : null}
    </>
  );
}

export function UnknownPage(_props: { rest: string }): JSX.Element {
  useHealth();
  const now = health.value;
  const all = query.value.get("show") === "all";
  return (
    <HealthFrame
      heading={t("health.unknown")}
      beside={
        <a class="button" href={withQuery("show", all ? "" : "all")} aria-current={all ? "true" : undefined}>
          {t(all ? "health.hide_ignored" : "health.show_ignored")}
        </a>
      }
    >
      <p class="quiet lead">{t("health.unknown_lead")}</p>
      {now === null ? <Loading rows={3} /> : <Unknown connectors={now.connectors.map(({ name, kind }) => ({ name, kind }))} />}
    </HealthFrame>
  );
}
