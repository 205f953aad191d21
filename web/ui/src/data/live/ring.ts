/** A bounded buffer of one signal's newest samples; the oldest leave first and are counted. */

import { QUALITY_BAD } from "./protocol.ts";

export class SampleRing {
  readonly capacity: number;
  readonly time: Float64Array;
  readonly value: Float64Array;
  readonly bad: Uint8Array;
  /** How many samples were ever pushed out by newer ones. */
  dropped = 0;
  private head = 0;
  private size = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.time = new Float64Array(capacity);
    this.value = new Float64Array(capacity);
    this.bad = new Uint8Array(capacity);
  }

  get length(): number {
    return this.size;
  }

  push(timeMs: number, value: number, quality: number): void {
    const at = (this.head + this.size) % this.capacity;
    this.time[at] = timeMs;
    this.value[at] = value;
    this.bad[at] = quality >= QUALITY_BAD ? 1 : 0;
    if (this.size < this.capacity) {
      this.size += 1;
    } else {
      this.head = (this.head + 1) % this.capacity;
      this.dropped += 1;
    }
  }

  /** The position in the arrays of the i-th oldest sample. */
  at(i: number): number {
    return (this.head + i) % this.capacity;
  }

  /** The time of the oldest sample kept, or infinity while there is none. */
  oldestMs(): number {
    return this.size === 0 ? Infinity : (this.time[this.head] as number);
  }

  clear(): void {
    this.head = 0;
    this.size = 0;
  }
}
