import assert from "node:assert/strict";
import { test } from "node:test";
import { PlantZone } from "../src/data/plant/zone.ts";

const HOUR = 3_600_000;
const berlin = new PlantZone("Europe/Berlin");

test("a clock in the plant's zone", () => {
  assert.equal(berlin.format(Date.UTC(2026, 0, 1, 12, 0, 5), "seconds"), "13:00:05");
  assert.match(berlin.format(Date.UTC(2026, 0, 1, 12), "clock"), /13:00:00 CET/);
});

test("the day that springs forward has 23 hours and no label twice or at a time that does not exist", () => {
  const midnight = Date.UTC(2026, 2, 28, 23);
  const ticks = berlin.ticks(midnight, midnight + 23 * HOUR - 1, 24);
  const labels = berlin.tickLabels(ticks);
  assert.equal(new Set(labels).size, labels.length);
  assert.ok(!labels.includes("02:00"));
  assert.equal(labels.length, 23);
});

test("the day that falls back has 25 hours and 02:00 twice", () => {
  const midnight = Date.UTC(2026, 9, 24, 22);
  const labels = berlin.tickLabels(berlin.ticks(midnight, midnight + 25 * HOUR - 1, 25));
  assert.equal(labels.filter((label) => label === "02:00").length, 2);
  assert.equal(labels.length, 25);
});

test("ticks of hours are round in a zone half an hour off", () => {
  const india = new PlantZone("Asia/Kolkata");
  const labels = india.tickLabels(india.ticks(0, 24 * HOUR, 8));
  assert.ok(labels.length > 4 && labels.every((label) => label.endsWith(":00")));
});

test("ticks of four hours stay on round hours of the wall clock across the change", () => {
  const midnight = Date.UTC(2026, 2, 28, 23);
  const labels = berlin.tickLabels(berlin.ticks(midnight, midnight + 24 * HOUR, 7));
  assert.deepEqual(labels.slice(0, 4), ["00:00", "04:00", "08:00", "12:00"]);
});
