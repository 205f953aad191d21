/** The server's clock as this page knows it: every age shown is counted by it, never by the browser's own clock. */

const KEPT = 10;

export class ServerClock {
  private readonly local: () => number;
  private readonly offsets: number[] = [];

  /** `local` is a monotonic clock in milliseconds. */
  constructor(local: () => number) {
    this.local = local;
  }

  /** Takes a time the server sent; the message with the shortest way here of the last ten counts. */
  learn(serverMs: number): void {
    this.offsets.push(serverMs - this.local());
    if (this.offsets.length > KEPT) this.offsets.shift();
  }

  get known(): boolean {
    return this.offsets.length > 0;
  }

  /** The server's time now, in epoch milliseconds; NaN before anything was heard. */
  now(): number {
    return this.known ? this.local() + Math.max(...this.offsets) : NaN;
  }
}
