import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../src/data/live/backoff.ts";
import { stateClass, stateWord, wordOf } from "../src/data/plant/packml.ts";
import { sinceFromBuckets, sinceFromSample } from "../src/data/plant/since.ts";
import { column, history } from "./helpers.ts";

const pure = (values: readonly number[]) => ({ low: values, high: values });

test("the state began in the first bucket that holds nothing else", () => {
  const values = [6, 6, 2, 2, 2];
  assert.deepEqual(sinceFromBuckets(history(0, values, pure(values))), {
    value: 2,
    sinceMs: 2_000,
    certainty: "about",
  });
});

test("a state as long as the history is at least that old", () => {
  assert.equal(sinceFromBuckets(history(0, [2, 2], pure([2, 2])))?.certainty, "at_least");
  assert.equal(sinceFromBuckets(history(0, [])), null);
});

test("a bucket of two states is where the newer one began", () => {
  const found = sinceFromBuckets(history(0, [6, 2, 2], { low: [6, 2, 2], high: [6, 6, 2] }));
  assert.deepEqual(found, { value: 2, sinceMs: 1_500, certainty: "about" });
});

test("a change seen live is exact", () => {
  const first = sinceFromSample(null, 6, 100);
  assert.equal(first.certainty, "at_least");
  assert.equal(sinceFromSample(first, 6, 200), first);
  assert.deepEqual(sinceFromSample(first, 2, 300), { value: 2, sinceMs: 300, certainty: "exact" });
});

test("PackML words have their class however they are written", () => {
  assert.equal(stateClass("EXECUTE"), "running");
  assert.equal(stateClass("Aborted"), "down");
  assert.equal(stateClass("Un-Holding"), "held");
  assert.equal(stateClass("Suspended"), "waiting");
  assert.equal(stateClass("Dancing"), "other");
});

test("a value without a label is shown as its number", () => {
  const states = column({ labels: [[6, "Execute"]] });
  assert.equal(wordOf(states, 6, undefined), "Execute");
  assert.equal(wordOf(states, 7, undefined), "7");
  assert.equal(wordOf(states, NaN, "E-stop"), "E-stop");
});

test("waits grow from a half to ten seconds and are shortened by up to half", () => {
  assert.equal(backoffMs(0, 0), 500);
  assert.equal(backoffMs(0, 0.999) > 249, true);
  assert.equal(backoffMs(3, 0), 4_000);
  assert.equal(backoffMs(50, 0), 10_000);
});

test("a state's word has one form, whatever capitals the controller writes it in", () => {
  assert.deepEqual(["EXECUTE", "execute", "Un-Holding", "UNSUSPENDING", "SET_UP"].map(stateWord), [
    "Execute",
    "Execute",
    "Unholding",
    "Unsuspending",
    "Setup",
  ]);
  assert.deepEqual(["WARMING UP", "CIP", "Hand mode", "constructor"].map(stateWord), ["Warming up", "CIP", "Hand mode", "constructor"]);
  assert.equal(stateClass("constructor"), "other");
});
