import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { chartsOf } from "../src/data/rest/charts.ts";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

test("a machine asks for its own charts by the name that the gateway knows", async () => {
  const asked: string[] = [];
  globalThis.fetch = (to) => {
    asked.push(to as string);
    return Promise.resolve(Response.json({ items: [] }));
  };
  assert.deepEqual(await chartsOf("plant/bottling/line1/filler"), []);
  const url = new URL(asked[0] ?? "", "http://localhost");
  assert.equal(url.pathname, "/api/v1/charts");
  assert.deepEqual([...url.searchParams], [["asset", "plant/bottling/line1/filler"]]);
});
