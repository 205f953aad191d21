/** The plant's time zone: every clock, label and axis of the page is read in it, wherever the browser stands. */

const MINUTE_MS = 60_000;

const STEPS_MS = [
  1_000, 2_000, 5_000, 10_000, 15_000, 30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
  15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 120 * MINUTE_MS, 180 * MINUTE_MS, 240 * MINUTE_MS,
  360 * MINUTE_MS, 720 * MINUTE_MS, 1_440 * MINUTE_MS,
];

type Shape = "clock" | "seconds" | "minutes" | "full" | "day";

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minutes: { hour: "2-digit", minute: "2-digit" },
  full: { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { weekday: "short", day: "2-digit", month: "short" },
};

export class PlantZone {
  readonly name: string;
  private readonly formats = new Map<Shape, Intl.DateTimeFormat>();
  private readonly parts: Intl.DateTimeFormat;

  /** Throws RangeError for a zone the browser does not know. */
  constructor(name: string) {
    this.name = name;
    this.parts = new Intl.DateTimeFormat("en-GB", {
      timeZone: name,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
  }

  format(timeMs: number, shape: Shape): string {
    let format = this.formats.get(shape);
    if (format === undefined) {
      format = new Intl.DateTimeFormat("en-GB", { ...SHAPES[shape], timeZone: this.name, hourCycle: "h23" });
      this.formats.set(shape, format);
    }
    return format.format(timeMs);
  }

  /** Milliseconds since local midnight as the wall clock shows them. */
  wallMs(timeMs: number): number {
    const [hour, minute, second] = this.parts.format(timeMs).split(":").map(Number) as [number, number, number];
    return ((hour * 60 + minute) * 60 + second) * 1_000;
  }

  /** Round wall-clock times within [fromMs, toMs], about `wanted` of them; right on 23- and 25-hour days too. */
  ticks(fromMs: number, toMs: number, wanted: number): number[] {
    const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= wanted) ?? (STEPS_MS.at(-1) as number);
    // Every zone lies a multiple of 15 minutes from UTC, so finer steps are round in UTC as well.
    const probe = Math.min(step, 15 * MINUTE_MS);
    const ticks: number[] = [];
    for (let at = Math.ceil(fromMs / probe) * probe; at <= toMs; at += probe) {
      if (step <= probe || this.wallMs(at) % step === 0) ticks.push(at);
    }
    return ticks;
  }

  /** Labels for ticks: the day is added where it differs from the tick before. */
  tickLabels(ticks: readonly number[]): string[] {
    const gap = ticks.length > 1 ? (ticks[1] as number) - (ticks[0] as number) : MINUTE_MS;
    return ticks.map((at) => this.format(at, gap < MINUTE_MS ? "seconds" : "minutes"));
  }
}
