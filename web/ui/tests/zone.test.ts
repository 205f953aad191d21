import assert from "node:assert/strict";
import { test } from "node:test";
import { PlantZone } from "../src/data/plant/zone.ts";

const HOUR = 3_600_000;
const berlin = new PlantZone("Europe/Berlin");

test("a clock in the plant's zone", () => {
  assert.equal(berlin.format(Date.UTC(2026, 0, 1, 12, 0, 5), "seconds"), "13:00:05");
  assert.match(berlin.format(Date.UTC(2026, 0, 1, 12), "clock"), /13:00:00 CET/);
  assert.equal(berlin.format(Date.UTC(2026, 10, 1, 12), "near"), "01 Nov, 13:00");
  assert.equal(berlin.format(Date.UTC(2026, 10, 1, 12), "moment"), "01 Nov 2026, 13:00");
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
  assert.ok(labels.length > 4 && labels.every((label) => /:00$|^0[12] Jan$/.test(label)));
});

test("ticks of four hours stay on round hours of the wall clock across the change", () => {
  const midnight = Date.UTC(2026, 2, 28, 23);
  const labels = berlin.tickLabels(berlin.ticks(midnight, midnight + 24 * HOUR, 7));
  assert.deepEqual(labels.slice(0, 4), ["29 Mar", "04:00", "08:00", "12:00"]);
});

test("daily ticks stand at every local midnight, before and after a change of the clock", () => {
  const berlin = new PlantZone("Europe/Berlin");
  for (const [from, to] of [
    ["2026-03-20T10:00:00Z", "2026-04-10T10:00:00Z"],
    ["2026-10-15T10:00:00Z", "2026-11-05T10:00:00Z"],
  ] as const) {
    const ticks = berlin.ticks(Date.parse(from), Date.parse(to), 21);
    assert.equal(ticks.length, 21);
    assert.ok(ticks.every((at) => berlin.wallMs(at) === 0));
    assert.equal(new Set(berlin.tickLabels(ticks)).size, 21);
  }
  assert.equal(berlin.ticks(Date.parse("2026-03-01T00:00:00Z"), Date.parse("2026-03-31T00:00:00Z"), 6).length, 6);
});

test("a local date and time is a moment, on days with a change of the clock too, and back", () => {
  for (const name of ["Europe/Berlin", "America/Chicago", "Asia/Kolkata", "Pacific/Auckland"]) {
    const zone = new PlantZone(name);
    for (let at = Date.parse("2026-03-01T00:30:00Z"); at < Date.parse("2026-04-10T00:00:00Z"); at += 5_400_000) {
      assert.equal(zone.local(zone.moment(zone.local(at))), zone.local(at));
    }
  }
  assert.equal(new PlantZone("Europe/Berlin").moment("2026-07-01T12:00"), Date.parse("2026-07-01T10:00:00Z"));
  assert.ok(Number.isNaN(new PlantZone("UTC").moment("soon")));
});
