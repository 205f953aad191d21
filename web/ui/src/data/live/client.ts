/** The one websocket of the page: connects for ever, watches the heartbeat, resumes streams, shares itself among views. */

import { backoffMs } from "./backoff.ts";
import type { ServerClock } from "./clock.ts";
import { decodeFrame, MalformedFrameError } from "./frames.ts";
import { SUBPROTOCOL, type ServerMessage, type Welcome } from "./protocol.ts";
import { Subscription, type SubscriptionSpec } from "./subscription.ts";

export type Phase = "connecting" | "live" | "waiting" | "stopped";

/** What may follow what; anything else is a defect. */
const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  connecting: ["live", "waiting", "stopped"],
  live: ["waiting", "stopped"],
  waiting: ["connecting", "stopped"],
  stopped: ["connecting"],
};

const MISSED_HEARTBEATS = 3;
const CONNECT_LIMIT_MS = 10_000;
const WATCH_EVERY_MS = 250;
const ACK_EVERY_MS = 1_000;
const MAX_ID = 65_535;

export interface LiveOptions {
  readonly url: string;
  readonly clock: ServerClock;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
  readonly open: (url: string, protocol: string) => WebSocket;
  readonly onPhase: (phase: Phase) => void;
  readonly onWelcome: (welcome: Welcome) => void;
}

export class LiveClient {
  phase: Phase = "stopped";
  /** Messages that could not be understood since the page opened. */
  malformed = 0;
  /** When the server was last heard, by the monotonic clock; NaN before the first time. */
  lastHeardMs = NaN;
  private readonly options: LiveOptions;
  private readonly subscriptions = new Map<number, Subscription>();
  private socket: WebSocket | null = null;
  private heartbeatMs = 2_000;
  private epoch = "";
  private attempt = 0;
  private retryAtMs = 0;
  private openedMs = 0;
  private nextId = 1;
  private appliedSeq = 0;
  private ackedSeq = 0;
  private ackAtMs = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: LiveOptions) {
    this.options = options;
  }

  start(): void {
    this.timer ??= setInterval(() => {
      this.watch();
    }, WATCH_EVERY_MS);
    this.connect();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.drop("stopped");
  }

  /** Tries at once instead of at the end of the wait: the network or the page came back. */
  retryNow(): void {
    if (this.phase === "waiting") this.connect();
  }

  subscribe(spec: SubscriptionSpec): Subscription {
    const subscription = new Subscription(this.freeId(), spec);
    this.subscriptions.set(subscription.id, subscription);
    if (this.phase === "live") this.send(subscription.message());
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    if (!this.subscriptions.delete(subscription.id)) return;
    if (this.phase === "live") this.send({ type: "unsub", id: subscription.id });
  }

  private freeId(): number {
    do {
      this.nextId = this.nextId >= MAX_ID ? 1 : this.nextId + 1;
    } while (this.subscriptions.has(this.nextId));
    return this.nextId;
  }

  private setPhase(phase: Phase): void {
    if (phase === this.phase) return;
    if (!NEXT[this.phase].includes(phase)) throw new Error(`live feed: ${this.phase} cannot become ${phase}`);
    this.phase = phase;
    this.options.onPhase(phase);
  }

  private connect(): void {
    this.setPhase("connecting");
    this.openedMs = this.options.now();
    const socket = this.options.open(this.options.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    // A late message of an abandoned socket must not touch its successor.
    const mine = (act: () => void) => () => {
      if (this.socket === socket) act();
    };
    socket.onmessage = (event: MessageEvent) => {
      if (this.socket === socket) this.hear(event.data);
    };
    socket.onclose = mine(() => {
      this.drop("waiting");
    });
  }

  private drop(phase: "waiting" | "stopped"): void {
    const socket = this.socket;
    this.socket = null;
    if (socket !== null && socket.readyState <= WebSocket.OPEN) socket.close();
    this.retryAtMs = this.options.now() + backoffMs(this.attempt, this.options.random());
    this.attempt += 1;
    this.setPhase(phase);
  }

  /** Runs four times a second: heartbeat, connect limit, retry, acknowledgement. */
  private watch(): void {
    const now = this.options.now();
    if (this.phase === "waiting" && now >= this.retryAtMs) this.connect();
    else if (this.phase === "connecting" && now - this.openedMs > CONNECT_LIMIT_MS) this.drop("waiting");
    else if (this.phase === "live" && now - this.lastHeardMs > MISSED_HEARTBEATS * this.heartbeatMs) {
      this.drop("waiting");
    } else if (this.phase === "live" && now >= this.ackAtMs && this.appliedSeq !== this.ackedSeq) {
      this.ackAtMs = now + ACK_EVERY_MS;
      this.ackedSeq = this.appliedSeq;
      this.send({ type: "ack", seq: this.appliedSeq });
    }
  }

  private send(message: unknown): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private hear(data: unknown): void {
    this.lastHeardMs = this.options.now();
    if (data instanceof ArrayBuffer) {
      this.hearFrame(data);
      return;
    }
    let message: ServerMessage;
    try {
      message = JSON.parse(String(data)) as ServerMessage;
    } catch {
      this.malformed += 1;
      return;
    }
    this.hearMessage(message);
  }

  private hearFrame(data: ArrayBuffer): void {
    const id = data.byteLength >= 4 ? new DataView(data).getUint16(2, true) : 0;
    try {
      const frame = decodeFrame(data);
      this.options.clock.learn(frame.serverMs);
      this.subscriptions.get(frame.id)?.hearFrame(frame);
      this.appliedSeq = frame.seq;
    } catch (error) {
      if (!(error instanceof MalformedFrameError || error instanceof RangeError)) throw error;
      this.malformed += 1;
      this.renew(id);
    }
  }

  /** Subscribes again under a new number, so that nothing of the broken run can be mistaken for the new one. */
  private renew(id: number): void {
    const broken = this.subscriptions.has(id) ? [id] : [...this.subscriptions.keys()];
    for (const old of broken) {
      const subscription = this.subscriptions.get(old) as Subscription;
      this.unsubscribe(subscription);
      subscription.id = this.freeId();
      this.subscriptions.set(subscription.id, subscription);
      this.send(subscription.message());
    }
  }

  private hearMessage(message: ServerMessage): void {
    if (message.type === "welcome") this.hearWelcome(message);
    else if (message.type === "heartbeat") this.options.clock.learn(message.server_time_ms);
    else this.subscriptions.get(message.id)?.hear(message, this.epoch);
  }

  private hearWelcome(welcome: Welcome): void {
    this.options.clock.learn(welcome.server_time_ms);
    this.heartbeatMs = welcome.heartbeat_s * 1_000;
    this.epoch = welcome.epoch;
    this.attempt = 0;
    this.appliedSeq = 0;
    this.ackedSeq = 0;
    this.setPhase("live");
    this.options.onWelcome(welcome);
    for (const subscription of this.subscriptions.values()) this.send(subscription.message());
  }
}

