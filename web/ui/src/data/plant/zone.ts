/** The plant's time zone: every clock, label and axis of the page is read in it, wherever the browser stands. */

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

const STEPS_MS = [
  1_000, 2_000, 5_000, 10_000, 15_000, 30_000, MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS,
  15 * MINUTE_MS, 30 * MINUTE_MS, 60 * MINUTE_MS, 120 * MINUTE_MS, 180 * MINUTE_MS, 240 * MINUTE_MS,
  360 * MINUTE_MS, 720 * MINUTE_MS, 1_440 * MINUTE_MS,
];

type Shape = "clock" | "seconds" | "minutes" | "full" | "moment" | "near" | "day" | "date";

const SHAPES: Readonly<Record<Shape, Intl.DateTimeFormatOptions>> = {
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
  seconds: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  minutes: { hour: "2-digit", minute: "2-digit" },
  full: { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" },
  moment: { year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  near: { month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit" },
  date: { day: "2-digit", month: "short" },
  day: { weekday: "short", day: "2-digit", month: "short" },
};

export class PlantZone {
  readonly name: string;
  private readonly formats = new Map<Shape, Intl.DateTimeFormat>();
  private readonly parts: Intl.DateTimeFormat;
  private iso: Intl.DateTimeFormat | undefined;

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

  /** The beginning of the local day; right on 23- and 25-hour days too. */
  midnight(timeMs: number): number {
    const whole = Math.floor(timeMs / 1_000) * 1_000;
    const at = whole - this.wallMs(whole);
    // Where the clock was changed since, that came out by as much too early or too late.
    const off = this.wallMs(at);
    return at + (off > 12 * 60 * MINUTE_MS ? DAY_MS - off : -off);
  }

  /** The beginnings of local days within [fromMs, toMs], every `each`-th of them. */
  private days(fromMs: number, toMs: number, each: number): number[] {
    const ticks: number[] = [];
    let at = this.midnight(fromMs);
    for (let day = 0; at <= toMs; day += 1) {
      if (at >= fromMs && day % each === 0) ticks.push(at);
      // Noon of the next day, whatever happened to the clock between.
      at = this.midnight(at + 36 * 60 * MINUTE_MS);
    }
    return ticks;
  }

  /** The moment of a local date and time `YYYY-MM-DDTHH:MM[:SS]`; NaN where it is none. */
  moment(wall: string): number {
    const wanted = Date.parse(`${wall}Z`);
    if (Number.isNaN(wanted)) return NaN;
    let at = wanted;
    for (let round = 0; round < 2; round += 1) at += wanted - Date.parse(`${this.local(at)}Z`);
    return at;
  }

  /** A moment as the local date and time `YYYY-MM-DDTHH:MM:SS`. */
  local(timeMs: number): string {
    this.iso ??= new Intl.DateTimeFormat("sv-SE", {
      timeZone: this.name,
      dateStyle: "short",
      timeStyle: "medium",
    });
    return this.iso.format(timeMs).replace(" ", "T");
  }

  /** Round wall-clock times within [fromMs, toMs], about `wanted` of them; right on 23- and 25-hour days too. */
  ticks(fromMs: number, toMs: number, wanted: number): number[] {
    const step = STEPS_MS.find((each) => (toMs - fromMs) / each <= wanted) ?? DAY_MS;
    if (step === DAY_MS) return this.days(fromMs, toMs, Math.ceil((toMs - fromMs) / DAY_MS / wanted));
    // Every zone lies a multiple of 15 minutes from UTC, so finer steps are round in UTC as well.
    const probe = Math.min(step, 15 * MINUTE_MS);
    const ticks: number[] = [];
    for (let at = Math.ceil(fromMs / probe) * probe; at <= toMs; at += probe) {
      if (step <= probe || this.wallMs(at) % step === 0) ticks.push(at);
    }
    return ticks;
  }

  /** Labels for ticks an hour or more apart name the day at its beginning instead of its time. */
  tickLabels(ticks: readonly number[]): string[] {
    const gap = ticks.length > 1 ? (ticks[1] as number) - (ticks[0] as number) : MINUTE_MS;
    return ticks.map((at) => {
      const midnight = gap >= 60 * MINUTE_MS && this.wallMs(at) === 0;
      return this.format(at, midnight ? "date" : gap < MINUTE_MS ? "seconds" : "minutes");
    });
  }
}
