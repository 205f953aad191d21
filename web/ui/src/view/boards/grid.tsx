/** The tiles of a board on their grid: to look at, on a page and on a wall. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { inOrder, type Tile } from "../../data/boards/layout.ts";
import { signalsOf } from "../../data/rest/api.ts";
import { FloorStore } from "../live/floor.ts";
import { headingOf, TileBody } from "./tiles.tsx";
import "./boards.css";

/** What a subscription may name one by one. */
const MOST_SIGNALS = 256;

/** Where a tile stands, as a style the page's policy allows: set by the object model, not by an attribute. */
export function placed(tile: Tile): (element: HTMLElement | null) => void {
  return (element) => {
    if (element === null) return;
    element.style.gridColumn = `${String(tile.x + 1)} / span ${String(tile.w)}`;
    element.style.gridRow = `${String(tile.y + 1)} / span ${String(tile.h)}`;
  };
}

/** The live values of a board: signals that its tiles name, and all of the machines they show. */
export function useBoardStore(tiles: readonly Tile[]): FloorStore {
  const machines = [...new Set(tiles.filter((tile) => tile.type === "machine" || tile.type === "state").map((tile) => tile.machine ?? ""))].sort();
  const named = [...new Set(tiles.flatMap((tile) => [...(tile.signals ?? []), ...(tile.signal === undefined ? [] : [tile.signal])]))].sort();
  const key = JSON.stringify([machines, named]);
  const [store, setStore] = useState(() => new FloorStore([]));
  const failed = useMemo(() => signal(""), []);
  useEffect(() => {
    let gone = false;
    let made: FloorStore | null = null;
    const begin = (more: readonly string[]): void => {
      if (gone) return;
      made = new FloorStore([...new Set([...named, ...more])].slice(0, MOST_SIGNALS));
      made.open();
      setStore(made);
    };
    Promise.all(machines.map(signalsOf)).then(
      (found) => {
        begin(found.flat().map((column) => column.path));
      },
      (error: unknown) => {
        // What is named by itself is still shown; the tiles of machines say that they are not known.
        failed.value = String(error);
        begin([]);
      },
    );
    return () => {
      gone = true;
      made?.close();
    };
  }, [key]);
  return store;
}

/** A tile's frame and what it shows. */
export function TileBox(props: { tile: Tile; store: FloorStore }): JSX.Element {
  const { tile, store } = props;
  const heading = headingOf(tile);
  return (
    <section ref={placed(tile)} class={`board-tile board-of-${tile.type}`} data-tile={tile.id} aria-label={heading === "" ? undefined : heading}>
      {heading === "" || (tile.type === "machine" && tile.title === "") ? null : <h2>{heading}</h2>}
      <div class="board-body">
        <TileBody tile={tile} store={store} />
      </div>
    </section>
  );
}

export function BoardGrid(props: { tiles: readonly Tile[] }): JSX.Element {
  const store = useBoardStore(props.tiles);
  return (
    <div class="board-grid">
      {inOrder(props.tiles).map((tile) => (
        <TileBox key={tile.id} tile={tile} store={store} />
      ))}
    </div>
  );
}
