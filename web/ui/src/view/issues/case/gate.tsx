/** Where an issue stands in its life cycle, what is missing to go on, and the step that can be taken. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { reportUrl, type Case } from "../../../data/rest/cases.ts";
import { t } from "../../i18n/index.ts";
import { phase } from "../../live/session.ts";
import { COLUMNS, moveOf } from "../board/move.ts";
import { MissingList, MoveDialog, type Moving } from "../board/moving.tsx";

export function Stages(props: { of: Case }): JSX.Element {
  const at = COLUMNS.findIndex((column) => column.holds.includes(props.of.issue.state));
  return (
    <ol class="stages" aria-label={t("gate.stages")}>
      {COLUMNS.map((column, place) => (
        <li key={column.state} class={place < at ? "stage-past" : ""} aria-current={place === at ? "step" : undefined}>
          {t(`issue_state.${column.state}`)}
        </li>
      ))}
    </ol>
  );
}

export function Gate(props: { of: Case; changed: () => void }): JSX.Element {
  const { of, changed } = props;
  const moving = useMemo(() => signal<Moving | null>(null), []);
  const next = moveOf(of.moves, "advance");
  return (
    <section class="panel" aria-label={t("gate.title")}>
      <h2>{t("gate.title")}</h2>
      <Stages of={of} />
      <MissingList move={next} />
      {next !== undefined && next.missing.length === 0 ? <p>{t("gate.ready", { to: t(`issue_state.${next.to}`) })}</p> : null}
      <p class="buttons-row">
        <button
          type="button"
          class="button"
          disabled={phase.value !== "live" || of.moves.length === 0}
          onClick={() => (moving.value = { issue: of.issue, to: next?.to ?? null })}
        >
          {t("board.move")}
        </button>
        <a class="button" href={reportUrl(of.issue.number, "pdf")} download>
          {t("case.pdf")}
        </a>
        <a class="button" href={reportUrl(of.issue.number, "json")} download>
          {t("case.json")}
        </a>
      </p>
      {moving.value === null ? null : (
        <MoveDialog
          moving={moving.value}
          close={(moved) => {
            moving.value = null;
            if (moved) changed();
          }}
        />
      )}
    </section>
  );
}
