/** The theme's colours as canvases need them, read once for each theme. */

import { signal } from "@preact/signals";
import { theme, token } from "../frame/theme.ts";

export interface Palette {
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly stroke: string;
  readonly band: string;
  readonly limit: string;
  readonly hatch: string;
  readonly alarm: string;
  /** Strokes of overlaid lines; none of them is a colour of alarm. */
  readonly lines: readonly string[];
}

function read(): Palette {
  return {
    panel: token("--panel"),
    text: token("--text"),
    muted: token("--muted"),
    line: token("--line"),
    stroke: token("--stroke"),
    band: token("--band"),
    limit: token("--limit"),
    hatch: token("--hatch"),
    alarm: token("--p2"),
    lines: ["--line-1", "--line-2", "--line-3", "--line-4"].map(token),
  };
}

export const palette = signal<Palette>(read());

theme.subscribe(() => {
  palette.value = read();
});
