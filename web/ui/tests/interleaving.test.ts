import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fc from "fast-check";
import { LiveClient } from "../src/data/live/client.ts";
import { ServerClock } from "../src/data/live/clock.ts";
import { LatestTable } from "../src/data/live/latest.ts";
import type { Subscription } from "../src/data/live/subscription.ts";
import { Server, type Connection } from "./server.ts";

const COLUMNS = 4;
const RUNS = Number(process.env["TAKTLINE_RUNS"] ?? 400);

type Step =
  | { readonly do: "change"; readonly at: number; readonly value: number; readonly quality: number }
  | { readonly do: "happen" | "tick" | "cut" | "restart" | "spoil" | "sub" | "unsub" | "silence" }
  | { readonly do: "arrive"; readonly count: number }
  | { readonly do: "pass"; readonly ms: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("change" as const), at: fc.nat(COLUMNS - 1), value: fc.integer(), quality: fc.nat(3) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("arrive" as const), count: fc.integer({ min: 1, max: 6 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(250, 1_000, 3_000) }) },
    { weight: 9, arbitrary: fc.record({ do: fc.constantFrom("happen" as const, "tick" as const, "sub" as const, "unsub" as const) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("cut" as const, "restart" as const, "spoil" as const, "silence" as const) }) },
  ),
  { maxLength: 60, size: "max" },
);

/** The browser's end: hands on what the server said when the test lets it arrive. */
class Socket {
  readyState = 1;
  binaryType = "";
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  private readonly server: Server;
  private readonly connection: Connection;
  constructor(server: Server, connection: Connection) {
    this.server = server;
    this.connection = connection;
  }
  send(text: string): void {
    if (this.connection.open) this.server.hear(this.connection, text);
  }
  close(): void {
    this.readyState = 3;
    if (this.server.connection === this.connection) this.server.cut();
  }
}

class Page {
  readonly server = new Server(COLUMNS);
  readonly tables = new Map<Subscription, LatestTable>();
  readonly client: LiveClient;
  known: number[] = [];
  resets = 0;
  /** The number of the newest event of the stream. */
  private at = NaN;
  private now = 0;
  private socket: Socket | null = null;
  private spoiled = false;

  constructor() {
    this.client = new LiveClient({
      url: "ws://plant/api/live",
      clock: new ServerClock(() => this.now),
      now: () => this.now,
      random: () => 0,
      open: () => {
        this.socket = new Socket(this.server, this.server.accept());
        return this.socket as unknown as WebSocket;
      },
      onPhase: () => undefined,
      onWelcome: () => undefined,
    });
    this.client.start();
    const stream = this.client.subscribe({
      view: "issues",
      receiver: {
        event: (event) => {
          // Neither gap nor repeat: each event is the one after the last.
          assert.equal(event, this.at + 1);
          this.at = event as number;
          // What was fetched whole may hold it already.
          if (!this.known.includes(this.at)) this.known.push(this.at);
        },
        // What was missed is fetched whole; the stream goes on from there.
        reset: () => {
          this.resets += 1;
          this.at = stream.since?.seq ?? NaN;
          this.known = [...this.server.events];
        },
      },
    });
    this.subscribe();
  }

  subscribe(): void {
    if (this.tables.size >= 3) return;
    const table = new LatestTable();
    const subscription = this.client.subscribe({
      view: "floor",
      mode: "latest",
      rate: 4,
      receiver: {
        columns: (columns) => {
          table.reset(columns);
        },
        frame: (frame) => {
          table.apply(frame);
        },
      },
    });
    this.tables.set(subscription, table);
  }

  unsubscribe(): void {
    const first = [...this.tables.keys()][0];
    if (first === undefined) return;
    this.client.unsubscribe(first);
    this.tables.delete(first);
  }

  pass(ms: number): void {
    for (let gone = 0; gone < ms; gone += 250) {
      this.now += 250;
      mock.timers.tick(250);
    }
  }

  arrive(count: number): void {
    const connection = this.server.connection;
    for (let i = 0; i < count && connection !== null; i += 1) {
      const message = connection.sent.shift();
      if (message === undefined || this.server.connection !== connection) return;
      const spoil = this.spoiled && message instanceof ArrayBuffer;
      if (spoil) this.spoiled = false;
      const data = message instanceof ArrayBuffer ? (spoil ? message.slice(0, -1) : message) : JSON.stringify(message);
      this.socket?.onmessage?.({ data });
    }
  }

  /** The connection ends; the browser hears of it. */
  lose(how: "cut" | "restart"): void {
    const socket = this.socket;
    this.server[how]();
    socket?.onclose?.();
  }

  step(step: Step): void {
    switch (step.do) {
      case "change":
        this.server.change(step.at, step.value, step.quality);
        break;
      case "happen":
        this.server.happen();
        break;
      case "tick":
        this.server.tick();
        break;
      case "cut":
      case "restart":
        this.lose(step.do);
        break;
      case "silence":
        // Nothing arrives for longer than three heartbeats, and nobody says that the connection is gone.
        this.pass(7_000);
        break;
      case "spoil":
        this.spoiled = true;
        break;
      case "sub":
        this.subscribe();
        break;
      case "unsub":
        this.unsubscribe();
        break;
      case "arrive":
        this.arrive(step.count);
        break;
      case "pass":
        this.pass(step.ms);
        break;
    }
  }

  /** All that is under way arrives, until nothing more comes. */
  settle(): void {
    this.spoiled = false;
    for (let round = 0; round < 60; round += 1) {
      this.pass(500);
      this.server.tick();
      this.arrive(10_000);
    }
  }
}

const bits = (value: Float64Array | readonly number[]): string => [...value].map(String).join(" ");

test("whatever is cut, slow, spoilt, resumed or unsubscribed, the page ends with what the server holds", () => {
  let seenResets = 0;
  let seenRenewals = 0;
  fc.assert(
    fc.property(steps, (list) => {
      mock.timers.enable({ apis: ["setInterval"] });
      const page = new Page();
      try {
        for (const step of list) page.step(step);
        page.settle();
        assert.equal(page.client.phase, "live");
        for (const table of page.tables.values()) {
          assert.equal(bits(table.value), bits(page.server.value));
          assert.equal(bits(table.sourceMs), bits(page.server.sourceMs));
          assert.equal([...table.quality].join(), page.server.quality.join());
        }
        assert.deepEqual(page.known, page.server.events);
        const clients = [...(page.server.connection?.clients.values() ?? [])];
        assert.equal(clients.filter((each) => each.kind === "latest").length, page.tables.size);
        seenResets += page.resets;
        seenRenewals += page.client.malformed;
      } finally {
        page.client.stop();
        mock.timers.reset();
      }
    }),
    { numRuns: RUNS, seed: 7 },
  );
  // A run that never met these would prove nothing of them.
  assert.ok(seenResets > RUNS && seenRenewals > 10);
});
