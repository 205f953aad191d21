import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";
import { LiveClient, type Phase } from "../src/data/live/client.ts";
import { ServerClock } from "../src/data/live/clock.ts";
import { frameBytes } from "./helpers.ts";

/** The browser's end of a websocket, driven by the test. */
class Socket {
  static readonly OPEN = 1;
  readyState = 1;
  binaryType = "";
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  readonly sent: Record<string, unknown>[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.readyState = 3;
  }
  say(message: object | ArrayBuffer): void {
    this.onmessage?.({ data: message instanceof ArrayBuffer ? message : JSON.stringify(message) });
  }
}

interface Rig {
  readonly client: LiveClient;
  readonly sockets: Socket[];
  readonly phases: Phase[];
  readonly pass: (ms: number) => void;
}

function rig(context: TestContext): Rig {
  mock.timers.enable({ apis: ["setInterval"] });
  let now = 0;
  const sockets: Socket[] = [];
  const phases: Phase[] = [];
  const client = new LiveClient({
    url: "ws://plant/api/live",
    clock: new ServerClock(() => now),
    now: () => now,
    random: () => 0,
    open: () => {
      const socket = new Socket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    onPhase: (phase) => phases.push(phase),
    onWelcome: () => undefined,
  });
  context.after(() => {
    client.stop();
    mock.timers.reset();
  });
  client.start();
  const pass = (ms: number): void => {
    for (let gone = 0; gone < ms; gone += 250) {
      now += 250;
      mock.timers.tick(250);
    }
  };
  return { client, sockets, phases, pass };
}

const welcome = (epoch = "e1") => ({
  type: "welcome",
  epoch,
  build: "b",
  server_time_ms: 1_000,
  time_zone: "UTC",
  heartbeat_s: 2,
});

test("subscriptions are sent after the welcome and again after a reconnect, streams with since", (context) => {
  const { client, sockets, phases, pass } = rig(context);
  const events: unknown[] = [];
  const stream = client.subscribe({ view: "issues", receiver: { event: (event) => events.push(event) } });
  sockets[0]?.say(welcome());
  assert.deepEqual(sockets[0]?.sent, [{ type: "sub", id: stream.id, view: "issues" }]);
  sockets[0]?.say({ type: "event", id: stream.id, seq: 13, event: { n: 1 } });
  sockets[0]?.onclose?.();
  pass(500);
  sockets[1]?.say(welcome());
  assert.deepEqual(sockets[1]?.sent[0], { type: "sub", id: stream.id, view: "issues", since: { epoch: "e1", seq: 13 } });
  assert.deepEqual(events, [{ n: 1 }]);
  assert.deepEqual(phases, ["connecting", "live", "waiting", "connecting", "live"]);
});

test("three missed heartbeats are a lost connection; a late message of the old socket changes nothing", (context) => {
  const { client, sockets, phases, pass } = rig(context);
  sockets[0]?.say(welcome());
  pass(5_750);
  sockets[0]?.say({ type: "heartbeat", server_time_ms: 7_000 });
  pass(6_000);
  assert.equal(phases.at(-1), "live");
  pass(250);
  assert.equal(phases.at(-1), "waiting");
  const heard = client.lastHeardMs;
  sockets[0]?.say({ type: "heartbeat", server_time_ms: 9_000 });
  assert.equal(client.lastHeardMs, heard);
});

test("a malformed frame is counted and its view asked for again under another number", (context) => {
  const { client, sockets } = rig(context);
  const frames: number[] = [];
  const floor = client.subscribe({ view: "floor", mode: "latest", rate: 4, receiver: { frame: (f) => frames.push(f.seq) } });
  sockets[0]?.say(welcome());
  const before = floor.id;
  sockets[0]?.say(frameBytes("delta", before, 1, [{ value: 1, sourceMs: 1 }]).slice(0, 30));
  assert.equal(client.malformed, 1);
  assert.deepEqual(sockets[0]?.sent.slice(1).map((each) => [each["type"], each["id"]]), [
    ["unsub", before],
    ["sub", floor.id],
  ]);
  sockets[0]?.say(frameBytes("delta", before, 2, [{ value: 1, sourceMs: 1 }]));
  sockets[0]?.say(frameBytes("full", floor.id, 3, [{ value: 1, sourceMs: 1 }]));
  assert.deepEqual(frames, [3]);
});

test("a message that is not JSON is counted and the connection goes on", (context) => {
  const { client, sockets, phases } = rig(context);
  sockets[0]?.say(welcome());
  sockets[0]?.onmessage?.({ data: "{" });
  assert.equal(client.malformed, 1);
  assert.equal(phases.at(-1), "live");
});

test("applied frames are acknowledged once a second", (context) => {
  const { client, sockets, pass } = rig(context);
  const view = client.subscribe({ view: "floor", receiver: {} });
  sockets[0]?.say(welcome());
  for (let seq = 1; seq <= 8; seq += 1) {
    sockets[0]?.say(frameBytes("delta", view.id, seq, []));
    pass(250);
  }
  const acks = (sockets[0]?.sent ?? []).filter((each) => each["type"] === "ack").map((each) => each["seq"]);
  assert.deepEqual(acks, [1, 5]);
});

test("attempts back off and go on for ever, at once when the network is back", (context) => {
  const { client, sockets, pass } = rig(context);
  for (let i = 0; i < 8; i += 1) {
    sockets.at(-1)?.onclose?.();
    pass(10_000);
  }
  const made = sockets.length;
  assert.equal(made, 9);
  sockets.at(-1)?.onclose?.();
  client.retryNow();
  assert.equal(sockets.length, made + 1);
});
