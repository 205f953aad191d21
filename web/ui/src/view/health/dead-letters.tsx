/** Payloads that could not be used, newest first: looked at, read again, dismissed with a reason, exported. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { deadLetters } from "../../data/rest/api.ts";
import type { DeadLetter } from "../../data/rest/model.ts";
import { dismissLetters, LETTERS_FILE, retryLetters } from "../../data/rest/upkeep.ts";
import { query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { mayConfigure, mayExport } from "../live/who.ts";
import { number } from "../parts/format.ts";
import { Pager } from "../parts/pager.tsx";
import { ReasonDialog } from "../parts/reason.tsx";
import { HealthFrame } from "./frame.tsx";
import { PayloadDialog } from "./payload.tsx";
import { TableSection, waiting } from "./table.tsx";

const EVERY_MS = 10_000;

const at = (timeMs: number): string => zone.value.format(timeMs, "full");

function Bar(props: { chosen: readonly number[]; all: readonly DeadLetter[]; choose: (ids: readonly number[]) => void; told: (text: string) => void; again: () => void }): JSX.Element {
  const { chosen, all, choose, told, again } = props;
  const [asks, setAsks] = useState(false);
  const open = all.map((letter) => letter.id);
  return (
    <div class="act-bar">
      <button type="button" class="button" onClick={() => { choose(chosen.length === open.length ? [] : open); }}>
        {t(chosen.length === open.length && open.length > 0 ? "letter.choose_none" : "letter.choose_all")}
      </button>
      <button
        type="button"
        class="button"
        disabled={chosen.length === 0}
        onClick={() => {
          retryLetters(chosen).then(
            (found) => {
              const taken = found.filter((each) => each.reason === "");
              const rows = taken.reduce((sum, each) => sum + each.rows, 0);
              const still = found.filter((each) => each.reason !== "").map((each) => t("letter.still", { id: each.letter, reason: each.reason }));
              told([t("letter.retried", { count: taken.length, rows }), ...still].join("\n"));
              choose([]);
              again();
            },
            (error: unknown) => { told(error instanceof Error ? error.message : String(error)); },
          );
        }}
      >
        {t("letter.retry", { count: chosen.length })}
      </button>
      <button type="button" class="button" disabled={chosen.length === 0} onClick={() => { setAsks(true); }}>
        {t("letter.dismiss", { count: chosen.length })}
      </button>
      {asks ? (
        <ReasonDialog
          heading={t("letter.dismiss", { count: chosen.length })}
          act={t("letter.dismiss_act")}
          close={() => { setAsks(false); }}
          send={async (reason) => {
            await dismissLetters(chosen, reason);
            choose([]);
            again();
          }}
        />
      ) : null}
    </div>
  );
}

function DeadLetters(): JSX.Element {
  const asked = Number(query.value.get("before"));
  const before = Number.isInteger(asked) && asked > 0 ? asked : null;
  const show = query.value.get("show") === "all" ? "all" : "waiting";
  const [chosen, choose] = useState<readonly number[]>([]);
  const [looked, look] = useState<DeadLetter | null>(null);
  const [told, setTold] = useState("");
  const resource = useResource(() => deadLetters(before, show), [before, show], before === null ? EVERY_MS : 0);
  const heading = t("health.dead");
  const wait = waiting(heading, resource.state.value, () => void resource.load());
  if (wait !== null) return wait;
  const page = resource.value;
  const may = mayConfigure.value;
  const letters = page?.items ?? [];
  const still = chosen.filter((id) => letters.some((letter) => letter.id === id));
  return (
    <>
      {may && letters.length > 0 ? (
        <Bar chosen={still} all={letters} choose={choose} told={setTold} again={() => { resource.soon(0); }} />
      ) : null}
      {told === "" ? null : <p role="status" class="note act-told">{told}</p>}
      <TableSection
        name="dead-letters"
        heading={heading}
        empty={t(show === "all" ? "health.no_dead" : "letter.none_waiting")}
        heads={[
          ...(may ? [{ text: t("letter.chosen") }] : []),
          { text: t("health.time") },
          { text: t("health.connector") },
          { text: t("health.source") },
          { text: t("health.reason") },
          { text: t("health.payload") },
        ]}
        rows={letters.map((letter) => (
          <tr key={letter.id} data-letter={letter.id}>
            {may ? (
              <td>
                <label class="check">
                  <input
                    type="checkbox"
                    checked={still.includes(letter.id)}
                    onChange={(event) => { choose(event.currentTarget.checked ? [...still, letter.id] : still.filter((id) => id !== letter.id)); }}
                  />
                  <span class="visually-hidden">{t("letter.choose", { id: letter.id })}</span>
                </label>
              </td>
            ) : null}
            <td>{at(letter.time_ms)}</td>
            <td>{letter.connector}</td>
            <td class="code">{letter.source}</td>
            <td>
              {letter.reason}
              {letter.remark === null ? null : (
                <span class="sub">{t(`letter.mark_${letter.remark.mark}`, { by: letter.remark.by, reason: letter.remark.reason })}</span>
              )}
            </td>
            <td class="code excerpt">
              {letter.excerpt}
              <span class="sub">{t("health.bytes", { size: number(letter.payload_size) })}</span>
              <button type="button" class="small-button" aria-label={t("letter.look_at", { id: letter.id })} onClick={() => { look(letter); }}>
                {t("letter.look")}
              </button>
            </td>
          </tr>
        ))}
      />
      <Pager
        text={t("letter.totals", { waiting: number(page?.waiting ?? 0), total: number(page?.total ?? 0) })}
        newer={before === null ? null : withQuery("before", "")}
        older={page?.next_before == null ? null : withQuery("before", String(page.next_before))}
      />
      {looked === null ? null : <PayloadDialog letter={looked} close={() => { look(null); }} />}
    </>
  );
}

export function DeadLettersPage(_props: { rest: string }): JSX.Element {
  const all = query.value.get("show") === "all";
  return (
    <HealthFrame
      heading={t("health.dead")}
      beside={
        <>
          <a class="button" href={withParts({ show: all ? [] : ["all"], before: [] })} aria-current={all ? "true" : undefined}>
            {t(all ? "letter.show_waiting" : "letter.show_all")}
          </a>
          {mayExport.value ? (
            <a class="button" href={LETTERS_FILE} download>
              {t("act.export")}
            </a>
          ) : null}
        </>
      }
    >
      <p class="quiet lead">{t("health.dead_lead")}</p>
      <DeadLetters />
    </HealthFrame>
  );
}
