/** The grid of a board: twelve columns; tiles are placed, pushed down where they would cover each other, and undone. */

export const COLUMNS = 12;
export const MAX_ROWS = 200;
export const MAX_HEIGHT = 24;
export const MAX_TILES = 60;

export type TileType = "value" | "trend" | "state" | "count" | "machine" | "oee" | "pareto" | "alarms" | "issues" | "text";

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A tile as the gateway keeps it; which further keys it has follows from its type. */
export interface Tile extends Place {
  readonly id: string;
  readonly type: TileType;
  readonly title: string;
  readonly signal?: string;
  readonly signals?: readonly string[];
  readonly window_s?: number;
  readonly unit?: string;
  readonly machine?: string;
  readonly text?: string;
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(Math.round(value), low), high);

export function covers(one: Place, other: Place): boolean {
  return one.x < other.x + other.w && other.x < one.x + one.w && one.y < other.y + other.h && other.y < one.y + one.h;
}

/** The nearest place inside the grid. */
export function inside(wanted: Place): Place {
  const w = clamp(wanted.w, 1, COLUMNS);
  const h = clamp(wanted.h, 1, MAX_HEIGHT);
  return { w, h, x: clamp(wanted.x, 0, COLUMNS - w), y: clamp(wanted.y, 0, MAX_ROWS - h) };
}

/** Puts one tile where it is wanted; what it would cover moves down, and what that would cover too. */
export function place(tiles: readonly Tile[], id: string, wanted: Place): Tile[] {
  const moved = tiles.find((tile) => tile.id === id);
  if (moved === undefined) return [...tiles];
  const set: Tile[] = [{ ...moved, ...inside(wanted) }];
  const rest = tiles.filter((tile) => tile.id !== id).sort((a, b) => a.y - b.y || a.x - b.x);
  for (const tile of rest) {
    let next = tile;
    for (;;) {
      const under = set.find((other) => covers(other, next));
      if (under === undefined) break;
      next = { ...next, y: under.y + under.h };
    }
    set.push(next);
  }
  // The last rows are full: nothing moves rather than something falling off the board.
  if (set.some((tile) => tile.y + tile.h > MAX_ROWS)) return [...tiles];
  return tiles.map((tile) => set.find((each) => each.id === tile.id) as Tile);
}

/** The first place from the top that a new tile of this size fits into. */
export function freePlace(tiles: readonly Tile[], w: number, h: number): Place {
  for (let y = 0; ; y += 1) {
    for (let x = 0; x + w <= COLUMNS; x += 1) {
      const wanted = { x, y, w, h };
      if (!tiles.some((tile) => covers(tile, wanted))) return wanted;
    }
  }
}

export function freeId(tiles: readonly Tile[], type: TileType): string {
  for (let n = 1; ; n += 1) {
    const id = `${type}-${String(n)}`;
    if (!tiles.some((tile) => tile.id === id)) return id;
  }
}

/** Reading order: what a screen reader and the keyboard go through. */
export function inOrder(tiles: readonly Tile[]): Tile[] {
  return [...tiles].sort((a, b) => a.y - b.y || a.x - b.x);
}

export const rowsOf = (tiles: readonly Tile[]): number => Math.max(0, ...tiles.map((tile) => tile.y + tile.h));

const KEPT = 100;

/** What was, what is, and what was undone; one step a change that a person made. */
export class Steps<T> {
  now: T;
  private readonly before: T[] = [];
  private after: T[] = [];
  private group = "";

  constructor(now: T) {
    this.now = now;
  }

  /** Takes a step; steps of the same group (a drag, a run of typing) are one. */
  take(next: T, group = ""): void {
    if (group === "" || group !== this.group) {
      this.before.push(this.now);
      if (this.before.length > KEPT) this.before.shift();
    }
    this.group = group;
    this.after = [];
    this.now = next;
  }

  get canUndo(): boolean {
    return this.before.length > 0;
  }

  get canRedo(): boolean {
    return this.after.length > 0;
  }

  undo(): void {
    const back = this.before.pop();
    if (back === undefined) return;
    this.after.push(this.now);
    this.now = back;
    this.group = "";
  }

  redo(): void {
    const on = this.after.pop();
    if (on === undefined) return;
    this.before.push(this.now);
    this.now = on;
    this.group = "";
  }
}
