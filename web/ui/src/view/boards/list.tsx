/** Every board that one may see: opened, made anew, or read from a file. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { addPage, importBoard, OWN, savedPages, type SavedPage } from "../../data/rest/pages.ts";
import { go } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { mayMakeBoards } from "../live/who.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import "./boards.css";

const MOST_BYTES = 200_000;

function Make(props: { told: (text: string) => void }): JSX.Element {
  const [title, setTitle] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const fail = (error: unknown): void => { props.told(error instanceof Error ? error.message : String(error)); };
  return (
    <form
      class="board-make"
      onSubmit={(event) => {
        event.preventDefault();
        addPage("board", { title, sharing: OWN, body: { tiles: [] } }).then((made) => { go(`/boards/${made.id}?edit=1`); }, fail);
      }}
    >
      <label class="field">
        {t("board.name")}{" "}
        <input type="text" required maxLength={120} value={title} onInput={(event) => { setTitle(event.currentTarget.value); }} />
      </label>
      <button type="submit" class="button">{t("board.make")}</button>
      <label class="button board-file">
        {t("board.import")}
        <input
          ref={file}
          type="file"
          class="visually-hidden"
          accept=".yaml,.yml,text/yaml"
          onChange={(event) => {
            const chosen = event.currentTarget.files?.[0];
            event.currentTarget.value = "";
            if (chosen === undefined) return;
            if (chosen.size > MOST_BYTES) {
              props.told(t("board.too_large"));
              return;
            }
            chosen.text().then(importBoard).then((made) => { go(`/boards/${made.id}`); }, fail);
          }}
        />
      </label>
    </form>
  );
}

function Row(props: { of: SavedPage<unknown> }): JSX.Element {
  const { of } = props;
  const { sharing } = of;
  const whom = [...sharing.roles.map((role) => t(`people.role.${role}` as "people.role.viewer")), ...sharing.zones].join(", ");
  return (
    <tr data-board={of.id}>
      <th scope="row">
        <a href={`/boards/${of.id}`}>{of.title}</a>
      </th>
      <td>{of.owner}</td>
      <td>{sharing.audience === "some" ? whom : t(`board.audience.${sharing.audience}`)}</td>
      <td class="num">{of.version}</td>
      <td>
        {zone.value.format(of.changed_ms, "full")} <span class="quiet">{of.changed_by}</span>
      </td>
      <td>
        <a href={`/kiosk/${of.id}`}>{t("board.wall")}</a>
      </td>
    </tr>
  );
}

export function BoardsPage(_props: { rest: string }): JSX.Element {
  const resource = useResource(() => savedPages("board"), []);
  const [told, setTold] = useState("");
  const state = resource.state.value;
  const may = mayMakeBoards.value;
  const all = resource.value ?? [];
  return (
    <div class="boards">
      <div class="page-head">
        <h1>{t("nav.boards")}</h1>
        {may ? <Make told={setTold} /> : null}
      </div>
      {told === "" ? null : <pre class="board-told" role="alert">{told}</pre>}
      {state.status === "loading" ? <Loading rows={3} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" && all.length === 0 ? <Empty title={t("board.no_boards")} next={t("board.no_boards_next")} /> : null}
      {all.length === 0 ? null : (
        <section class="panel" tabIndex={0} aria-label={t("nav.boards")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("board.name")}</th>
                <th scope="col">{t("board.owner")}</th>
                <th scope="col">{t("board.shared_with")}</th>
                <th scope="col" class="num">{t("board.version")}</th>
                <th scope="col">{t("board.changed")}</th>
                <th scope="col">{t("board.on_walls")}</th>
              </tr>
            </thead>
            <tbody>
              {all.map((each) => (
                <Row key={each.id} of={each} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </div>
  );
}
