import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { COLUMNS, covers, freeId, freePlace, MAX_ROWS, place, Steps, type Tile } from "../src/data/boards/layout.ts";

const tile = (id: string, x: number, y: number, w = 3, h = 2): Tile => ({ id, type: "text", title: "", text: "", x, y, w, h });

const apart = (tiles: readonly Tile[]): boolean =>
  tiles.every((one, i) => tiles.every((other, j) => i === j || !covers(one, other)));

test("a tile that is moved onto others pushes them down, and those what they would cover", () => {
  const tiles = [tile("a", 0, 0), tile("b", 0, 2), tile("c", 0, 4), tile("d", 6, 0)];
  const after = place(tiles, "d", { x: 1, y: 1, w: 3, h: 2 });
  assert.deepEqual(
    after.map((each) => [each.id, each.x, each.y]),
    [["a", 0, 3], ["b", 0, 5], ["c", 0, 7], ["d", 1, 1]],
  );
});

test("however tiles are moved and sized, none covers another and none leaves the grid", () => {
  const wish = fc.record({ x: fc.integer({ min: -5, max: 20 }), y: fc.integer({ min: -5, max: 60 }), w: fc.integer({ min: -2, max: 20 }), h: fc.integer({ min: -2, max: 30 }) });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(7), wish), { maxLength: 30 }), (moves) => {
      let tiles: Tile[] = [];
      for (let i = 0; i < 8; i += 1) {
        tiles = [...tiles, { ...tile(freeId(tiles, "text"), 0, 0), ...freePlace(tiles, 4, 3) }];
      }
      for (const [which, wanted] of moves) {
        tiles = place(tiles, (tiles[which] as Tile).id, wanted);
        assert.ok(apart(tiles));
        assert.ok(tiles.every((each) => each.x >= 0 && each.y >= 0 && each.x + each.w <= COLUMNS && each.y + each.h <= MAX_ROWS));
      }
      assert.equal(new Set(tiles.map((each) => each.id)).size, 8);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("where the board is full to its end nothing moves", () => {
  const tiles = [tile("a", 0, 0), tile("b", 0, MAX_ROWS - 2)];
  assert.deepEqual(place(tiles, "a", { x: 0, y: MAX_ROWS - 2, w: 3, h: 2 }), tiles);
});

test("steps are undone and done again, a drag as one", () => {
  const steps = new Steps(0);
  steps.take(1);
  steps.take(2, "drag");
  steps.take(3, "drag");
  steps.undo();
  assert.equal(steps.now, 1);
  steps.redo();
  assert.equal(steps.now, 3);
  steps.undo();
  steps.take(9);
  assert.equal(steps.canRedo, false);
  steps.undo();
  steps.undo();
  assert.equal(steps.now, 0);
  assert.equal(steps.canUndo, false);
});
