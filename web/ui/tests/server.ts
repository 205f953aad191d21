/** A gateway's live feed as docs/live-feed.md says it is, in memory, for tests that drive both ends. */

import { frameBytes, column, type Row } from "./helpers.ts";

type Message = object | ArrayBuffer;

interface Client {
  readonly id: number;
  readonly kind: "latest" | "issues";
  seen: number;
  eventAt: number;
}

const KEPT_EVENTS = 6;

/** The server's end of one websocket: what it said waits in `sent` until the test lets it arrive. */
export class Connection {
  readonly sent: Message[] = [];
  readonly clients = new Map<number, Client>();
  seq = 0;
  open = true;
}

export class Server {
  readonly value: number[];
  readonly quality: number[];
  readonly sourceMs: number[];
  readonly changed: number[];
  readonly events: number[] = [];
  epoch = 1;
  connection: Connection | null = null;
  private revision = 0;
  private clockMs = 1_000;
  private firstKept = 0;

  constructor(columns: number) {
    this.value = Array.from({ length: columns }, () => NaN);
    this.quality = Array.from({ length: columns }, () => 0);
    this.sourceMs = Array.from({ length: columns }, () => NaN);
    this.changed = Array.from({ length: columns }, () => 0);
  }

  accept(): Connection {
    const connection = new Connection();
    this.connection = connection;
    connection.sent.push({
      type: "welcome",
      epoch: `e${String(this.epoch)}`,
      build: "b",
      server_time_ms: this.clockMs,
      time_zone: "UTC",
      heartbeat_s: 2,
    });
    return connection;
  }

  hear(connection: Connection, text: string): void {
    const asked = JSON.parse(text) as { type: string; id: number; view?: string; since?: { epoch: string; seq: number } };
    if (asked.type === "unsub" && connection.clients.delete(asked.id)) connection.sent.push({ type: "unsubbed", id: asked.id });
    if (asked.type !== "sub") return;
    if (connection.clients.has(asked.id)) {
      connection.sent.push({ type: "error", id: asked.id, title: "in use", detail: "" });
      return;
    }
    const events = asked.view === "issues";
    const client: Client = { id: asked.id, kind: events ? "issues" : "latest", seen: this.revision, eventAt: 0 };
    connection.clients.set(asked.id, client);
    if (events) this.joinEvents(connection, client, asked.since);
    else this.snap(connection, client);
  }

  /** A row arrives: the newest value of a column is another. */
  change(at: number, value: number, quality: number): void {
    this.clockMs += 1;
    this.revision += 1;
    this.value[at] = value;
    this.quality[at] = quality;
    this.sourceMs[at] = this.clockMs;
    this.changed[at] = this.revision;
  }

  happen(): void {
    this.events.push(this.events.length + 1);
    this.firstKept = Math.max(this.firstKept, this.events.length - KEPT_EVENTS);
  }

  /** Sends what each client has not seen; a client that took nothing since the last time gets nothing: conflation. */
  tick(): void {
    const connection = this.connection;
    if (connection === null || !connection.open) return;
    for (const client of connection.clients.values()) {
      if (client.kind === "latest" && connection.sent.length === 0) this.delta(connection, client);
      if (client.kind === "issues") this.sendEvents(connection, client);
    }
    connection.sent.push({ type: "heartbeat", server_time_ms: this.clockMs });
  }

  /** The gateway starts anew: other epoch, nothing kept in memory of the stream. */
  restart(): void {
    this.cut();
    this.epoch += 1;
    this.firstKept = this.events.length;
  }

  cut(): void {
    if (this.connection !== null) this.connection.open = false;
    this.connection = null;
  }

  private row(at: number): Row {
    return { value: this.value[at] as number, sourceMs: this.sourceMs[at] as number, quality: this.quality[at] as number, column: at };
  }

  private snap(connection: Connection, client: Client): void {
    const columns = this.value.map((_, i) => column({ path: `s/a/l/m/${String(i)}`, stale_after_ms: 0 }));
    connection.seq += 1;
    connection.sent.push({ type: "snap", id: client.id, seq: connection.seq, mode: "latest", columns });
    connection.seq += 1;
    connection.sent.push(frameBytes("full", client.id, connection.seq, this.value.map((_, i) => this.row(i))));
    client.seen = this.revision;
  }

  private delta(connection: Connection, client: Client): void {
    const rows = this.changed.flatMap((at, i) => (at > client.seen ? [this.row(i)] : []));
    client.seen = this.revision;
    if (rows.length === 0) return;
    connection.seq += 1;
    connection.sent.push(frameBytes("delta", client.id, connection.seq, rows));
  }

  private joinEvents(connection: Connection, client: Client, since: { epoch: string; seq: number } | undefined): void {
    const kept = since !== undefined && since.epoch === `e${String(this.epoch)}` && since.seq >= this.firstKept;
    client.eventAt = kept ? since.seq : this.events.length;
    if (!kept) this.reset(connection, client);
    this.sendEvents(connection, client);
  }

  private reset(connection: Connection, client: Client): void {
    connection.sent.push({ type: "reset", id: client.id, epoch: `e${String(this.epoch)}`, seq: this.events.length });
    client.eventAt = this.events.length;
  }

  private sendEvents(connection: Connection, client: Client): void {
    if (client.eventAt < this.firstKept) this.reset(connection, client);
    for (const seq of this.events.slice(client.eventAt)) connection.sent.push({ type: "event", id: client.id, seq, event: seq });
    client.eventAt = this.events.length;
  }
}
