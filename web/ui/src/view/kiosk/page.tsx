/** A wall screen: a board without anything to press, that runs for weeks and says by itself when it is not live. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { FloorStore, type LineModel } from "../live/floor.ts";
import { textTick } from "../live/pace.ts";
import { phase, serverClock, site, zone, zoneKnown } from "../live/session.ts";
import { title } from "../parts/format.ts";
import { ConditionGlyph } from "../parts/glyph.tsx";
import { Empty, Loading } from "../parts/states.tsx";
import { Andon } from "./andon.tsx";
import { WallBoard, type WallHead } from "./board.tsx";
import { IssueWall } from "./issues.tsx";
import { readSettings, type Settings } from "./settings.ts";
import { KioskTile } from "./tile.tsx";
import "./kiosk.css";

/** Every so often all is moved by a pixel or two, so that nothing burns into the screen. */
const SHIFT_EVERY_MS = 60_000;
const SHIFTS = 8;
const ROOT_PX = 15;
/** The room that a tile, the head and a row take, in the root's font size. */
const TILE_REM = { width: 20, height: 15.5 };
const HEAD_REM = 5.5;
const LINE_REM = 2.8;
const ROW_REM = 3.4;
/** A row of a board's grid, as its styles have it. */
const BOARD_ROW = { rem: 4, gap: 10 };

interface Slide {
  readonly line: LineModel;
  readonly machines: readonly string[];
}

/** Deals machines out to pictures, so that none lies outside the screen: whole lines where they fit, else parts. */
export function deal(lines: readonly LineModel[], width: number, height: number, rem: number): Slide[][] {
  const columns = Math.max(1, Math.floor(width / (TILE_REM.width * rem)));
  const room = height - HEAD_REM * rem;
  const slides: Slide[][] = [];
  let left = 0;
  for (const line of lines) {
    let rest = line.machines;
    while (rest.length > 0) {
      const rowsOf = (count: number): number => Math.ceil(count / columns);
      const fits = Math.floor((left - LINE_REM * rem) / (TILE_REM.height * rem));
      const rows = rowsOf(rest.length);
      if (fits < 1 || (fits < rows && left < room)) {
        slides.push([]);
        left = room;
        if (fits < 1 && room < (LINE_REM + TILE_REM.height) * rem) left = (LINE_REM + TILE_REM.height) * rem;
        continue;
      }
      const taken = Math.min(rows, fits);
      slides.at(-1)?.push({ line, machines: rest.slice(0, taken * columns) });
      rest = rest.slice(taken * columns);
      left -= (LINE_REM + taken * TILE_REM.height) * rem;
    }
  }
  return slides;
}

function Head(props: { title: string; at: string }): JSX.Element {
  void textTick.value;
  const now = serverClock.now();
  const live = phase.value === "live";
  const known = !Number.isNaN(now) && zoneKnown.value;
  const beat = known && Math.floor(now / 1_000) % 2 === 0;
  return (
    <header class="wall-head">
      <h1>
        {site.value} <span class="quiet">{props.title}</span>
      </h1>
      <span class="quiet">{props.at}</span>
      <span class="wall-live" data-phase={phase.value} data-beat={live && beat}>
        <ConditionGlyph of={live ? "good" : "failed"} />
        {t(`live.${phase.value}`)}
      </span>
      <time>{known ? zone.value.format(now, "clock") : t("value.none")}</time>
    </header>
  );
}

function Board(props: { slide: readonly Slide[]; store: FloorStore }): JSX.Element {
  return (
    <>
      {props.slide.map(({ line, machines }) => (
        <section key={`${line.path} ${machines[0] ?? ""}`} aria-label={line.name}>
          <h2>{line.path.split("/").slice(1).map(title).join(" / ")}</h2>
          <div class="wall-tiles">
            {machines.map((machine) => (
              <KioskTile key={machine} machine={machine} store={props.store} />
            ))}
          </div>
        </section>
      ))}
    </>
  );
}

/** Turns pages and moves pixels; one timer each for the life of the board. */
function useTime(settings: Settings): { turn: number; shift: number } {
  const turn = useMemo(() => signal(0), []);
  const shift = useMemo(() => signal(0), []);
  useEffect(() => {
    const turning = setInterval(() => (turn.value += 1), settings.rotateMs);
    return () => {
      clearInterval(turning);
    };
  }, [settings.rotateMs]);
  useEffect(() => {
    const shifting = setInterval(() => (shift.value = (shift.value + 1) % SHIFTS), SHIFT_EVERY_MS);
    return () => {
      clearInterval(shifting);
    };
  }, []);
  return { turn: turn.value, shift: shift.value };
}

function useSize(): readonly [number, number] {
  const size = useMemo(() => signal<readonly [number, number]>([innerWidth, innerHeight]), []);
  useEffect(() => {
    const measure = (): void => {
      size.value = [innerWidth, innerHeight];
    };
    addEventListener("resize", measure);
    return () => {
      removeEventListener("resize", measure);
    };
  }, []);
  return size.value;
}

/** The screens that come with the gateway: every machine, or what needs somebody. */
function Own(props: { board: "floor" | "andon"; turn: number; rem: number; size: readonly [number, number]; head: Signal<WallHead> }): JSX.Element {
  const { board, turn, rem, head } = props;
  const [width, height] = props.size;
  const store = useMemo(() => new FloorStore(), []);
  useEffect(() => {
    store.open();
    return () => {
      store.close();
    };
  }, [store]);
  const lines = store.lines.value;
  const slides = lines === null ? [] : deal(lines, width - 2 * rem, height, rem);
  const place = slides.length === 0 ? 0 : turn % slides.length;
  const at = board === "floor" && slides.length > 1 ? t("kiosk.page", { page: place + 1, pages: slides.length }) : "";
  useEffect(() => {
    head.value = { title: t(board === "andon" ? "kiosk.andon" : "floor.title"), at };
  }, [board, at]);
  if (board === "andon") return <Andon store={store} most={Math.max(2, Math.floor((height - (HEAD_REM + 5) * rem) / (ROW_REM * rem)))} />;
  if (store.refused.value !== "") return <Empty title={t("floor.refused")} next={store.refused.value} />;
  if (lines === null) return <Loading rows={6} />;
  if (lines.length === 0) return <Empty title={t("floor.empty")} next={t("floor.empty_next")} />;
  return <Board slide={slides[place] ?? []} store={store} />;
}

function Issues(props: { most: number; head: Signal<WallHead> }): JSX.Element {
  const { head } = props;
  useEffect(() => {
    head.value = { title: t("kiosk.issues"), at: "" };
  }, [head]);
  return <IssueWall most={props.most} />;
}

export function KioskPage(props: { rest: string }): JSX.Element {
  const board = props.rest;
  const settings = readSettings();
  const head = useMemo(() => signal<WallHead>({ title: "", at: "" }), []);
  const size = useSize();
  const { turn, shift } = useTime(settings);
  useEffect(() => {
    document.documentElement.dataset["scale"] = settings.scale;
    return () => {
      delete document.documentElement.dataset["scale"];
    };
  }, [settings.scale]);
  const rem = ROOT_PX * Number(settings.scale);
  const rows = Math.floor((size[1] - HEAD_REM * rem) / (BOARD_ROW.rem * rem + BOARD_ROW.gap));
  return (
    <div class="wall" data-shift={shift}>
      <Head title={head.value.title} at={head.value.at} />
      {board === "floor" || board === "andon" ? (
        <Own key={board} board={board} turn={turn} rem={rem} size={size} head={head} />
      ) : board === "issues" ? (
        <Issues most={Math.max(2, Math.floor((size[1] - (HEAD_REM + 8) * rem) / (ROW_REM * rem)))} head={head} />
      ) : (
        <WallBoard id={board} rows={rows} turn={turn} head={head} />
      )}
    </div>
  );
}
