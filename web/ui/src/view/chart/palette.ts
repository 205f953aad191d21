/** The theme's colours as canvases need them, read once for each theme. */

import { signal } from "@preact/signals";
import { theme, token } from "../frame/theme.ts";

export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly stroke: string;
  readonly band: string;
  readonly limit: string;
  readonly hatch: string;
  readonly alarm: string;
}

function read(): Palette {
  return {
    text: token("--text"),
    muted: token("--muted"),
    line: token("--line"),
    stroke: token("--stroke"),
    band: token("--band"),
    limit: token("--limit"),
    hatch: token("--hatch"),
    alarm: token("--p2"),
  };
}

export const palette = signal<Palette>(read());

theme.subscribe(() => {
  palette.value = read();
});
