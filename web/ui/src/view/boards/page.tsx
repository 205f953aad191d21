/** One board: shown to who may see it, composed by who may change it, saved by version so that nobody's work is lost. */

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { inOrder, rowsOf, Steps, type Tile } from "../../data/boards/layout.ts";
import { addPage, boardFile, changePage, OWN, removePage, savedPage, type Board, type BoardBody, type Draft, type Sharing } from "../../data/rest/pages.ts";
import { ApiError } from "../../data/rest/request.ts";
import { go, query, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { mayMakeBoards, mayShareBoards } from "../live/who.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Editor } from "./editor.tsx";
import { Dialog, SharingFields } from "./forms.tsx";
import { BoardGrid } from "./grid.tsx";
import "./boards.css";

interface Work {
  readonly title: string;
  readonly sharing: Sharing;
  readonly tiles: readonly Tile[];
}

const workOf = (board: Board): Work => ({ title: board.title, sharing: board.sharing, tiles: inOrder(board.body.tiles) });
const draftOf = (work: Work): Draft<BoardBody> => ({ title: work.title, sharing: work.sharing, body: { tiles: work.tiles } });

/** Somebody else saved meanwhile: theirs is there, and this page's work is still here. */
function Conflict(props: { theirs: Board; mine: Work; keep: () => void; take: () => void; copy: () => void }): JSX.Element {
  const { theirs, mine } = props;
  return (
    <div class="empty failed board-conflict" role="alert">
      <p class="empty-title">{t("board.conflict", { by: theirs.changed_by, version: theirs.version })}</p>
      <p>{t("board.conflict_what", { mine: mine.tiles.length, theirs: theirs.body.tiles.length, title: theirs.title })}</p>
      <div class="buttons">
        <button type="button" class="button" onClick={props.copy}>{t("board.conflict_copy")}</button>
        <button type="button" class="button" onClick={props.keep}>{t("board.conflict_keep")}</button>
        <button type="button" class="button" onClick={props.take}>{t("board.conflict_take")}</button>
      </div>
    </div>
  );
}

function Details(props: { work: Work; set: (work: Work) => void; close: () => void }): JSX.Element {
  const [work, set] = useState(props.work);
  return (
    <Dialog heading={t("board.details")} close={props.close}>
      <form method="dialog" onSubmit={() => { props.set(work); }}>
        <label class="field board-field">
          <span>{t("board.name")}</span>
          <input type="text" required maxLength={120} value={work.title} onInput={(event) => { set({ ...work, title: event.currentTarget.value }); }} />
        </label>
        <SharingFields sharing={work.sharing} may={mayShareBoards.value} set={(sharing) => { set({ ...work, sharing }); }} />
        <div class="buttons">
          <button type="submit" class="button">{t("board.apply")}</button>
          <button type="button" class="button" onClick={props.close}>{t("board.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Work that would be lost is asked about before the page goes. */
function useLeaveGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    addEventListener("beforeunload", ask);
    return () => {
      removeEventListener("beforeunload", ask);
    };
  }, [dirty]);
}

function Composer(props: { board: Board; reload: () => void }): JSX.Element {
  const [base, setBase] = useState(props.board);
  const [steps] = useState(() => new Steps<Work>(workOf(props.board)));
  const [, repaint] = useState(0);
  const [saved, setSaved] = useState(steps.now);
  const [told, setTold] = useState("");
  const [theirs, setTheirs] = useState<Board | null>(null);
  const [details, setDetails] = useState(false);
  const work = steps.now;
  const dirty = work !== saved;
  useLeaveGuard(dirty);
  const again = (): void => { repaint((n) => n + 1); };
  const take = (next: Work, group = ""): void => {
    steps.take(next, group);
    again();
  };
  const fail = (error: unknown): void => { setTold(error instanceof Error ? error.message : String(error)); };
  const save = async (version: number): Promise<void> => {
    try {
      const done = await changePage("board", base.id, draftOf(work), version);
      setBase(done);
      setSaved(work);
      setTheirs(null);
      setTold(t("board.saved", { version: done.version }));
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) setTheirs(await savedPage<BoardBody>("board", base.id));
      else fail(error);
    }
  };
  const copy = async (): Promise<void> => {
    const made = await addPage("board", draftOf({ ...work, sharing: OWN, title: t("board.copy_of", { title: work.title }).slice(0, 120) }));
    setSaved(work);
    go(`/boards/${made.id}?edit=1`);
  };
  const undo = (): void => { steps.undo(); again(); };
  const redo = (): void => { steps.redo(); again(); };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const typing = event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (typing || !(event.ctrlKey || event.metaKey)) return;
      if (event.key === "z") undo();
      else if (event.key === "y") redo();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => { document.removeEventListener("keydown", onKey); };
  }, []);
  return (
    <div class="board">
      <div class="page-head">
        <h1>{work.title}</h1>
        <button type="button" class="button" disabled={!dirty} onClick={() => void save(base.version)}>{t("board.save")}</button>
        <button type="button" class="button" disabled={!steps.canUndo} onClick={undo}>{t("board.undo")}</button>
        <button type="button" class="button" disabled={!steps.canRedo} onClick={redo}>{t("board.redo")}</button>
        <button type="button" class="button" onClick={() => { setDetails(true); }}>{t("board.details")}</button>
        <button
          type="button"
          class="button"
          onClick={() => {
            if (dirty && !confirm(t("board.leave"))) return;
            props.reload();
            go(withQuery("edit", ""), "replace");
          }}
        >
          {t("board.done")}
        </button>
        <span class="quiet" role="status">{told !== "" ? told : dirty ? t("board.unsaved") : ""}</span>
      </div>
      {theirs === null ? null : (
        <Conflict
          theirs={theirs}
          mine={work}
          keep={() => void save(theirs.version)}
          take={() => {
            steps.take(workOf(theirs));
            setBase(theirs);
            setSaved(steps.now);
            setTheirs(null);
          }}
          copy={() => { copy().catch(fail); }}
        />
      )}
      <Editor tiles={work.tiles} set={(tiles, group) => { take({ ...work, tiles }, group); }} told={setTold} />
      {details ? <Details work={work} close={() => { setDetails(false); }} set={take} /> : null}
    </div>
  );
}

function Viewer(props: { board: Board }): JSX.Element {
  const { board } = props;
  const [told, setTold] = useState("");
  const [asked, setAsked] = useState(false);
  const fail = (error: unknown): void => { setTold(error instanceof Error ? error.message : String(error)); };
  return (
    <div class="board">
      <div class="page-head">
        <h1>{board.title}</h1>
        {board.may_change ? <a class="button" href={withQuery("edit", "1")}>{t("board.edit")}</a> : null}
        {mayMakeBoards.value ? (
          <button
            type="button"
            class="button"
            onClick={() => {
              addPage("board", { ...draftOf(workOf(board)), sharing: OWN, title: t("board.copy_of", { title: board.title }).slice(0, 120) }).then((made) => { go(`/boards/${made.id}?edit=1`); }, fail);
            }}
          >
            {t("board.duplicate")}
          </button>
        ) : null}
        <a class="button" href={`/kiosk/${board.id}`}>{t("board.wall")}</a>
        <a class="button" href={boardFile(board.id)} download>{t("board.export")}</a>
        {board.may_change ? <button type="button" class="button" onClick={() => { setAsked(true); }}>{t("board.delete")}</button> : null}
        <span class="quiet">{t("board.by", { owner: board.owner, version: board.version })}</span>
        <span role="status">{told}</span>
      </div>
      {asked ? (
        <Dialog heading={t("board.delete_ask", { title: board.title })} close={() => { setAsked(false); }}>
          <div class="buttons">
            <button type="button" class="button" onClick={() => { removePage("board", board.id, board.version).then(() => { go("/boards"); }, (error: unknown) => { setAsked(false); fail(error); }); }}>
              {t("board.delete")}
            </button>
            <button type="button" class="button" onClick={() => { setAsked(false); }}>{t("board.cancel")}</button>
          </div>
        </Dialog>
      ) : null}
      {board.body.tiles.length === 0 ? (
        <Empty title={t("board.empty")} next={board.may_change ? t("board.empty_next") : undefined} />
      ) : (
        <BoardGrid tiles={board.body.tiles} />
      )}
    </div>
  );
}

export function BoardPage(props: { rest: string }): JSX.Element {
  const resource = useResource(() => savedPage<BoardBody>("board", props.rest), [props.rest]);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") {
    if (state.code === 404) return <Empty title={t("board.none", { board: props.rest })} next={<a href="/boards">{t("board.all")}</a>} />;
    return <Failed error={state.error} retry={() => void resource.load()} />;
  }
  const board = state.value;
  if (board.may_change && query.value.get("edit") === "1") return <Composer key={board.id} board={board} reload={() => void resource.load()} />;
  return <Viewer key={`${board.id} ${String(board.version)} ${String(rowsOf(board.body.tiles))}`} board={board} />;
}
