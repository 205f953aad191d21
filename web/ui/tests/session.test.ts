import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { signOut } from "../src/data/rest/session.ts";

const real = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = real;
});

/** Answers by method and address, and tells what was asked. */
function gateway(answers: Readonly<Record<string, () => Response>>): string[] {
  const asked: string[] = [];
  globalThis.fetch = (to, init) => {
    const what = `${init?.method ?? "GET"} ${to as string}`;
    asked.push(what);
    const answer = answers[what];
    return answer === undefined ? Promise.reject(new TypeError("no connection")) : Promise.resolve(answer());
  };
  return asked;
}

const LEAVE = "POST /api/v1/session/provider/leave";
const END = "DELETE /api/v1/session";
const ended = (): Response => new Response(null, { status: 204 });

test("who signs out goes on to the provider's sign-out", async () => {
  gateway({ [LEAVE]: () => Response.json({ url: "https://login.example/end" }), [END]: ended });
  assert.equal(await signOut("Plant account"), "https://login.example/end");
});

test("who signs out is signed out here though nobody knows the way out of the provider", async () => {
  const asked = gateway({ [END]: ended });
  assert.equal(await signOut("Plant account"), "");
  assert.deepEqual(asked, [LEAVE, END]);
});

test("where there is no provider nobody asks for it", async () => {
  const asked = gateway({ [END]: ended });
  assert.equal(await signOut(""), "");
  assert.deepEqual(asked, [END]);
});
