/** A board of people on a wall: scaled to its screen, so that no tile lies outside it; long ones turn by screenfuls. */

import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { inOrder, rowsOf, type Tile } from "../../data/boards/layout.ts";
import { savedPage, type BoardBody } from "../../data/rest/pages.ts";
import { BoardGrid } from "../boards/grid.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

/** What stands at the top of the wall. */
export interface WallHead {
  readonly title: string;
  readonly at: string;
}

/** A change that somebody saves is on the wall within this. */
const EVERY_MS = 30_000;

/** Deals tiles out to screenfuls of so many rows; a tile that is cut by an edge begins the next. */
export function screens(tiles: readonly Tile[], rows: number): Tile[][] {
  const found: Tile[][] = [];
  let rest = inOrder(tiles);
  while (rest.length > 0) {
    const top = Math.min(...rest.map((tile) => tile.y));
    const fits = (tile: Tile): boolean => tile.y + tile.h <= top + rows;
    // A tile taller than the screen is shown alone, as far as it goes.
    const some = rest.some(fits) ? rest.filter(fits) : rest.slice(0, 1);
    found.push(some.map((tile) => ({ ...tile, y: tile.y - top })));
    rest = rest.filter((tile) => !some.includes(tile));
  }
  return found;
}

export function WallBoard(props: { id: string; rows: number; turn: number; head: Signal<WallHead> }): JSX.Element {
  const resource = useResource(() => savedPage<BoardBody>("board", props.id), [props.id], EVERY_MS);
  const state = resource.state.value;
  const board = resource.value;
  const key = board === null ? "" : `${board.id} ${String(board.version)}`;
  const dealt = useMemo(() => (board === null ? [] : screens(board.body.tiles, Math.max(1, props.rows))), [key, props.rows]);
  const shown = dealt.length === 0 ? 0 : props.turn % dealt.length;
  const at = dealt.length > 1 ? t("kiosk.page", { page: shown + 1, pages: dealt.length }) : "";
  useEffect(() => {
    props.head.value = { title: board?.title ?? "", at };
  }, [board?.title, at]);
  if (state.status === "loading") return <Loading rows={6} />;
  if (state.status === "failed") {
    if (state.code === 404 || state.code === 403) return <Empty title={t("kiosk.unknown", { board: props.id })} next={t("kiosk.unknown_next")} />;
    return <Failed error={state.error} retry={() => void resource.load()} />;
  }
  const tiles = dealt[shown] ?? [];
  if (tiles.length === 0) return <Empty title={t("board.empty")} />;
  return (
    <div class="wall-board" data-rows={rowsOf(tiles)}>
      <BoardGrid tiles={tiles} />
    </div>
  );
}
