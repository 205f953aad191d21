/** Binary frames of the live feed: a 24-byte header, then columns (docs/live-feed.md). */

export const HEADER_BYTES = 24;

export type FrameKind = "full" | "delta" | "series";

const KINDS: readonly (FrameKind | undefined)[] = [undefined, "full", "delta", "series"];
const FLAG_ROWS_LEFT_OUT = 1;

/** One decoded frame; the arrays are views of the message. `column` is null in a full frame: row = column. */
export interface Frame {
  readonly kind: FrameKind;
  readonly rowsLeftOut: boolean;
  readonly id: number;
  readonly seq: number;
  readonly serverMs: number;
  readonly value: Float64Array;
  readonly sourceMs: Float64Array;
  readonly column: Uint16Array | null;
  readonly quality: Uint8Array;
}

/** A message that is not a frame; the page counts it and subscribes again. */
export class MalformedFrameError extends Error {
  override name = "MalformedFrameError";
}

/** Decodes one message without copying its columns; throws MalformedFrameError. */
export function decodeFrame(message: ArrayBuffer): Frame {
  if (message.byteLength < HEADER_BYTES) {
    throw new MalformedFrameError(`${String(message.byteLength)} bytes are less than a header`);
  }
  const header = new DataView(message, 0, HEADER_BYTES);
  const kind = KINDS[header.getUint8(0)];
  if (kind === undefined) {
    throw new MalformedFrameError(`unknown kind ${String(header.getUint8(0))}`);
  }
  const n = header.getUint32(4, true);
  const rowBytes = kind === "full" ? 17 : 19;
  if (message.byteLength !== HEADER_BYTES + n * rowBytes) {
    throw new MalformedFrameError(`${String(message.byteLength)} bytes do not hold ${String(n)} rows of ${kind}`);
  }
  const columnAt = HEADER_BYTES + n * 16;
  const indexed = kind !== "full";
  return {
    kind,
    rowsLeftOut: (header.getUint8(1) & FLAG_ROWS_LEFT_OUT) !== 0,
    id: header.getUint16(2, true),
    seq: header.getUint32(8, true),
    serverMs: header.getFloat64(16, true),
    value: new Float64Array(message, HEADER_BYTES, n),
    sourceMs: new Float64Array(message, HEADER_BYTES + n * 8, n),
    column: indexed ? new Uint16Array(message, columnAt, n) : null,
    quality: new Uint8Array(message, columnAt + (indexed ? n * 2 : 0), n),
  };
}
