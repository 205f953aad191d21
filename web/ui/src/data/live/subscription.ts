/** One view of the live feed as the page holds it: how to ask for it, and who is told what arrives. */

import type { Frame } from "./frames.ts";
import type { Column, Mode, ServerMessage, Since, TextValue } from "./protocol.ts";

/** Who is told; a frame the receiver cannot use is refused by throwing RangeError. */
export interface Receiver {
  readonly columns?: (columns: readonly Column[]) => void;
  readonly frame?: (frame: Frame) => void;
  readonly text?: (values: Readonly<Record<string, TextValue>>) => void;
  readonly event?: (event: unknown) => void;
  /** Events were missed: fetch everything again. */
  readonly reset?: () => void;
  readonly health?: (health: unknown) => void;
  readonly refused?: (title: string, detail: string) => void;
}

export interface SubscriptionSpec {
  readonly view: string;
  readonly mode?: Mode;
  readonly rate?: number;
  /** The paths that the view `signals` is made of. */
  readonly signals?: readonly string[];
  readonly receiver: Receiver;
}

export class Subscription {
  id: number;
  /** How far an event stream was read. */
  since: Since | null = null;
  private readonly spec: SubscriptionSpec;

  constructor(id: number, spec: SubscriptionSpec) {
    this.id = id;
    this.spec = spec;
  }

  /** The message that asks for this view, resuming where it was left. */
  message(): object {
    const { view, mode, rate, signals } = this.spec;
    return {
      type: "sub",
      id: this.id,
      view,
      ...(mode === undefined ? {} : { mode }),
      ...(rate === undefined ? {} : { rate }),
      ...(signals === undefined ? {} : { signals }),
      ...(this.since === null ? {} : { since: this.since }),
    };
  }

  hearFrame(frame: Frame): void {
    this.spec.receiver.frame?.(frame);
  }

  hear(message: Exclude<ServerMessage, { type: "welcome" } | { type: "heartbeat" }>, epoch: string): void {
    const receiver = this.spec.receiver;
    switch (message.type) {
      case "snap":
        receiver.columns?.(message.columns ?? []);
        break;
      case "text":
        receiver.text?.(message.values);
        break;
      case "event":
        this.since = { epoch, seq: message.seq };
        receiver.event?.(message.event);
        break;
      case "reset":
        this.since = { epoch: message.epoch, seq: message.seq };
        receiver.reset?.();
        break;
      case "health":
        receiver.health?.(message.health);
        break;
      case "error":
        receiver.refused?.(message.title, message.detail);
        break;
      case "unsubbed":
        break;
    }
  }
}
