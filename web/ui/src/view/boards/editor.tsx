/** A board while it is composed: tiles are dragged, or moved and sized by the arrow keys, or put by a form. */

import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { COLUMNS, freeId, freePlace, MAX_TILES, place, type Place, type Tile, type TileType } from "../../data/boards/layout.ts";
import { signals as fetchSignals } from "../../data/rest/api.ts";
import { t } from "../i18n/index.ts";
import { MoveForm, TileForm } from "./forms.tsx";
import { placed, useBoardStore } from "./grid.tsx";
import { headingOf, TileBody } from "./tiles.tsx";

const TYPES: readonly TileType[] = ["value", "trend", "state", "count", "machine", "oee", "pareto", "alarms", "issues", "text"];
const SIZES: Readonly<Record<TileType, readonly [number, number]>> = {
  value: [3, 2],
  trend: [6, 4],
  state: [3, 2],
  count: [3, 3],
  machine: [3, 5],
  oee: [3, 3],
  pareto: [4, 4],
  alarms: [4, 4],
  issues: [4, 4],
  text: [4, 2],
};
const STEP: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

interface Change {
  readonly tiles: readonly Tile[];
  readonly set: (tiles: readonly Tile[], group?: string) => void;
}

/** A new tile shows the first of what there is: its form opens so that a person chooses. */
async function made(type: TileType, tiles: readonly Tile[]): Promise<Tile> {
  const [w, h] = SIZES[type];
  const base = { id: freeId(tiles, type), type, title: "", ...freePlace(tiles, w, h) };
  if (type === "text") return { ...base, text: t("board.text_first") };
  if (type === "oee" || type === "pareto" || type === "alarms" || type === "issues") return { ...base, unit: "" };
  const columns = await fetchSignals();
  const first = columns.find((column) => column.role === "key_value") ?? columns[0];
  if (first === undefined) throw new Error(t("board.no_signals"));
  if (type === "value") return { ...base, signal: first.path };
  if (type === "trend") return { ...base, signals: [first.path], window_s: 3_600 };
  return { ...base, machine: columns.find((column) => column.role === "state")?.machine ?? first.machine };
}

function AddTile(props: Change & { added: (tile: Tile) => void; told: (text: string) => void }): JSX.Element {
  const [type, setType] = useState<TileType>("value");
  const full = props.tiles.length >= MAX_TILES;
  return (
    <div class="board-add">
      <label class="field">
        <span class="visually-hidden">{t("board.type")}</span>
        <select value={type} onChange={(event) => { setType(event.currentTarget.value as TileType); }}>
          {TYPES.map((each) => (
            <option key={each} value={each}>
              {t(`board.type.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button"
        disabled={full}
        onClick={() => {
          made(type, props.tiles).then(
            (tile) => {
              props.set([...props.tiles, tile]);
              props.added(tile);
            },
            (error: unknown) => {
              props.told(error instanceof Error ? error.message : String(error));
            },
          );
        }}
      >
        {t("board.add")}
      </button>
    </div>
  );
}

/** How far a drag has come, in cells of the grid. */
interface Drag {
  readonly id: string;
  readonly what: "move" | "size";
  readonly from: Place;
  readonly x: number;
  readonly y: number;
  readonly group: string;
}

function useDrag(change: Change): {
  host: { readonly current: HTMLDivElement | null };
  begin: (event: PointerEvent, tile: Tile, what: Drag["what"]) => void;
  move: (event: PointerEvent) => void;
  end: () => void;
} {
  const host = useRef<HTMLDivElement>(null);
  const drag = useRef<Drag | null>(null);
  return {
    host,
    begin: (event, tile, what) => {
      if (event.button !== 0) return;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      drag.current = { id: tile.id, what, from: tile, x: event.clientX, y: event.clientY, group: `drag ${String(event.timeStamp)}` };
    },
    move: (event) => {
      const now = drag.current;
      if (now === null || host.current === null) return;
      const style = getComputedStyle(host.current);
      const gap = parseFloat(style.columnGap);
      const cell = (host.current.clientWidth + gap) / COLUMNS;
      const row = parseFloat(style.gridAutoRows) + gap;
      const dx = Math.round((event.clientX - now.x) / cell);
      const dy = Math.round((event.clientY - now.y) / row);
      const wanted =
        now.what === "move"
          ? { ...now.from, x: now.from.x + dx, y: now.from.y + dy }
          : { ...now.from, w: now.from.w + dx, h: now.from.h + dy };
      const tile = change.tiles.find((each) => each.id === now.id);
      const same = tile !== undefined && (["x", "y", "w", "h"] as const).every((key) => tile[key] === wanted[key]);
      if (!same) change.set(place(change.tiles, now.id, wanted), now.group);
    },
    end: () => {
      drag.current = null;
    },
  };
}

export function Editor(props: Change & { told: (text: string) => void }): JSX.Element {
  const { tiles, set, told } = props;
  const store = useBoardStore(tiles);
  const [form, setForm] = useState<{ readonly of: string; readonly what: "tile" | "place" } | null>(null);
  const drag = useDrag(props);
  const say = (tile: Tile | undefined): void => {
    if (tile === undefined) return;
    told(t("board.now_at", { name: headingOf(tile), x: tile.x + 1, y: tile.y + 1, w: tile.w, h: tile.h }));
  };
  const onKey = (event: KeyboardEvent, tile: Tile): void => {
    const step = STEP[event.key];
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    if (step !== undefined) {
      const [dx, dy] = step;
      const wanted = event.shiftKey ? { ...tile, w: tile.w + dx, h: tile.h + dy } : { ...tile, x: tile.x + dx, y: tile.y + dy };
      const next = place(tiles, tile.id, wanted);
      set(next, `keys ${tile.id} ${String(event.shiftKey)}`);
      say(next.find((each) => each.id === tile.id));
    } else if (event.key === "Enter") setForm({ of: tile.id, what: "tile" });
    else if (event.key === "Delete") remove(tile);
    else return;
    event.preventDefault();
  };
  const remove = (tile: Tile): void => {
    set(tiles.filter((each) => each.id !== tile.id));
    told(t("board.removed", { name: headingOf(tile) }));
  };
  const shown = form === null ? undefined : tiles.find((tile) => tile.id === form.of);
  return (
    <>
      <AddTile {...props} added={(tile) => { setForm({ of: tile.id, what: "tile" }); }} />
      <p class="quiet">{t("board.hint")}</p>
      <div ref={drag.host} class="board-grid board-editing">
        {/* In the order they were in at first: a tile that changed places among its siblings would lose focus and drag. */}
        {tiles.map((tile) => (
          <section
            key={tile.id}
            ref={placed(tile)}
            class={`board-tile board-of-${tile.type}`}
            data-tile={tile.id}
            tabIndex={0}
            aria-label={t("board.tile_label", { name: headingOf(tile), type: t(`board.type.${tile.type}`) })}
            aria-roledescription={t("board.tile_role")}
            onKeyDown={(event) => { onKey(event, tile); }}
          >
            <div class="board-tools">
              <span
                class="board-grip"
                aria-hidden="true"
                onPointerDown={(event) => { drag.begin(event, tile, "move"); }}
                onPointerMove={drag.move}
                onPointerUp={drag.end}
                onPointerCancel={drag.end}
              >
                ⠿ {headingOf(tile)}
              </span>
              <button type="button" class="small-button" onClick={() => { setForm({ of: tile.id, what: "place" }); }}>
                {t("board.move_to")}
              </button>
              <button type="button" class="small-button" onClick={() => { setForm({ of: tile.id, what: "tile" }); }}>
                {t("board.settings")}
              </button>
              <button type="button" class="small-button" aria-label={t("board.remove", { name: headingOf(tile) })} onClick={() => { remove(tile); }}>
                ×
              </button>
            </div>
            {/* Looked at while it is composed: a link in it must not take the work away. */}
            <div class="board-body" inert>
              <TileBody tile={tile} store={store} />
            </div>
            <span
              class="board-corner"
              aria-hidden="true"
              onPointerDown={(event) => { drag.begin(event, tile, "size"); }}
              onPointerMove={drag.move}
              onPointerUp={drag.end}
              onPointerCancel={drag.end}
            />
          </section>
        ))}
      </div>
      {form?.what === "tile" && shown !== undefined ? (
        <TileForm
          key={shown.id}
          tile={shown}
          close={() => { setForm(null); }}
          apply={(tile) => {
            set(tiles.map((each) => (each.id === tile.id ? tile : each)));
          }}
        />
      ) : null}
      {form?.what === "place" && shown !== undefined ? (
        <MoveForm
          tile={shown}
          close={() => { setForm(null); }}
          apply={(wanted) => {
            const next = place(tiles, shown.id, wanted);
            set(next);
            say(next.find((each) => each.id === shown.id));
          }}
        />
      ) : null}
    </>
  );
}
