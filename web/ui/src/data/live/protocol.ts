/** The text messages of the live feed and what a column of a view is (docs/live-feed.md). */

export const SUBPROTOCOL = "floor.v1";
export const QUALITY_GOOD = 0;
export const QUALITY_UNCERTAIN = 1;
export const QUALITY_BAD = 2;
/** Only in full and delta frames: the source is not connected, and the value is the last known one. */
export const QUALITY_AWAY = 3;

export type SignalKind = "measurement" | "counter" | "state" | "event" | "setpoint";
export type DataType = "float" | "integer" | "boolean" | "enum" | "string" | "array";
export type SignalRole =
  | "state"
  | "mode"
  | "good_count"
  | "reject_count"
  | "speed"
  | "target_speed"
  | "cycle_time"
  | "stop_reason"
  | "outfeed_level"
  | "key_value";

/** One signal as a view carries it. */
export interface Column {
  readonly path: string;
  readonly machine: string;
  readonly name: string;
  readonly kind: SignalKind;
  readonly data_type: DataType;
  readonly unit: string;
  readonly decimals: number;
  readonly role: SignalRole | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly labels: readonly (readonly [number, string])[];
  readonly stale_after_ms: number;
  /** Where the page shows another unit: what the source measures in. */
  readonly measured?: { readonly unit: string; readonly decimals: number; readonly by: { readonly factor: number; readonly offset: number } };
}

export type Mode = "latest" | "series";

/** How far a lossless stream was read: resuming after it gives neither gap nor repeat. */
export interface Since {
  readonly epoch: string;
  readonly seq: number;
}

export interface Welcome {
  readonly type: "welcome";
  readonly epoch: string;
  readonly build: string;
  readonly server_time_ms: number;
  readonly time_zone: string;
  readonly heartbeat_s: number;
}

export type ServerMessage =
  | Welcome
  | { readonly type: "heartbeat"; readonly server_time_ms: number }
  | {
      readonly type: "snap";
      readonly id: number;
      readonly seq: number;
      readonly mode: Mode;
      readonly columns: readonly Column[];
    }
  | { readonly type: "text"; readonly id: number; readonly seq: number; readonly values: Record<string, TextValue> }
  | { readonly type: "event"; readonly id: number; readonly seq: number; readonly event: unknown }
  | { readonly type: "reset"; readonly id: number; readonly epoch: string; readonly seq: number }
  | { readonly type: "health"; readonly id: number; readonly health: unknown }
  | { readonly type: "unsubbed"; readonly id: number }
  | { readonly type: "error"; readonly id: number; readonly title: string; readonly detail: string };

export type TextValue = string | number | readonly number[] | null;
