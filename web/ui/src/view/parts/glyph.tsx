/** Shapes that carry meaning without colour: severities, machine states, connector states. */

import type { JSX } from "preact";
import type { StateClass } from "../../data/plant/packml.ts";
import type { Severity } from "../../data/rest/model.ts";

type Shape = "octagon" | "triangle" | "diamond" | "circle" | "square" | "play" | "ring" | "bars" | "pause" | "unknown" | "dots";

const PATHS: Readonly<Record<Shape, JSX.Element>> = {
  octagon: <path d="M7 1.5h10L22.5 7v10L17 22.5H7L1.5 17V7z" />,
  triangle: <path d="M12 1.5 23 21.5H1z" />,
  diamond: <path d="M12 .8 23.2 12 12 23.2.8 12z" />,
  circle: <circle cx="12" cy="12" r="10.5" />,
  square: <rect x="2" y="2" width="20" height="20" rx="1.5" />,
  play: <path d="M6 3.5v17L20.5 12z" />,
  ring: <circle class="g-line" cx="12" cy="12" r="8" />,
  bars: <path d="M6 4h4.2v16H6zM13.8 4H18v16h-4.2z" />,
  pause: <path class="g-line" d="M7 5h3v14H7zM14 5h3v14h-3z" />,
  unknown: <path class="g-line g-dash" d="M3 3h18v18H3z" />,
  dots: <path d="M2.5 10h4v4h-4zM10 10h4v4h-4zM17.5 10h4v4h-4z" />,
};

function Glyph(props: { shape: Shape; tone: string; mark?: string }): JSX.Element {
  const low = props.shape === "triangle" ? 18.6 : 16.4;
  return (
    <svg class={`glyph tone-${props.tone}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[props.shape]}
      {props.mark === undefined ? null : (
        <text class="g-mark" x="12" y={low} text-anchor="middle">
          {props.mark}
        </text>
      )}
    </svg>
  );
}

const SEVERITY_SHAPES: Readonly<Record<Severity, Shape>> = {
  P1: "octagon",
  P2: "triangle",
  P3: "diamond",
  P4: "circle",
};

export function SeverityGlyph(props: { severity: Severity; quiet?: boolean }): JSX.Element {
  const tone = props.quiet === true ? "quiet" : props.severity.toLowerCase();
  return <Glyph shape={SEVERITY_SHAPES[props.severity]} tone={tone} mark={props.severity.slice(1)} />;
}

const STATES: Readonly<Record<StateClass, readonly [Shape, string]>> = {
  running: ["play", "normal"],
  idle: ["ring", "normal"],
  waiting: ["pause", "normal"],
  stopped: ["bars", "normal"],
  held: ["triangle", "p2"],
  down: ["octagon", "p1"],
  changing: ["square", "setup"],
  other: ["dots", "normal"],
  none: ["unknown", "normal"],
};

export function StateGlyph(props: { of: StateClass }): JSX.Element {
  const [shape, tone] = STATES[props.of];
  const mark = props.of === "none" ? "?" : undefined;
  return <Glyph shape={shape} tone={tone} {...(mark === undefined ? {} : { mark })} />;
}

/** Connector and stage states, and anything else that works, struggles or has failed. */
export type Condition = "good" | "starting" | "warning" | "failed" | "off";

const CONDITIONS: Readonly<Record<Condition, readonly [Shape, string]>> = {
  good: ["play", "normal"],
  starting: ["dots", "normal"],
  warning: ["triangle", "p2"],
  failed: ["octagon", "p1"],
  off: ["bars", "normal"],
};

export function ConditionGlyph(props: { of: Condition }): JSX.Element {
  const [shape, tone] = CONDITIONS[props.of];
  return <Glyph shape={shape} tone={tone} />;
}
