/** The workflow map: steps in lanes of who answers for them, handovers dashed with who takes the work over. */

import type { JSX } from "preact";
import type { RoutingView } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";

const LANE_NAME = 130;
const COLUMN = 190;
const STEP = { width: 140, height: 52 };
const SLOT = 68;
const PAD = 14;

type Drawn = NonNullable<RoutingView["map"]>;

export function FlowMap(props: { readonly view: RoutingView; readonly map: Drawn }): JSX.Element {
  const { map, view } = props;
  const depth = map.lanes.map((_, lane) => 1 + Math.max(0, ...map.nodes.filter((each) => each.lane === lane).map((each) => each.slot)));
  const tops: number[] = [];
  depth.reduce((top, slots) => {
    tops.push(top);
    return top + slots * SLOT + PAD;
  }, 0);
  const height = depth.reduce((sum, slots) => sum + slots * SLOT + PAD, 0);
  const columns = 1 + Math.max(0, ...map.nodes.map((each) => each.layer));
  const width = LANE_NAME + columns * COLUMN + PAD;
  const at = new Map(
    map.nodes.map((node) => [
      node.op,
      { x: LANE_NAME + node.layer * COLUMN + PAD, y: (tops[node.lane] ?? 0) + node.slot * SLOT + PAD },
    ]),
  );
  const flawed = new Set(view.flaws.flatMap((each) => each.steps));
  const steps = new Map(view.routing.operations.map((each) => [each.op, each]));
  return (
    <svg
      class="flow-map"
      viewBox={`0 0 ${String(width)} ${String(height)}`}
      width={width}
      role="img"
      aria-label={t("flow.map", { product: view.routing.product, version: view.routing.version })}
    >
      <defs>
        <marker id="flow-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">
          <path d="M0 0l8 4-8 4z" />
        </marker>
      </defs>
      {map.lanes.map((lane, i) => (
        <g key={lane}>
          <rect class={i % 2 === 1 ? "lane lane-odd" : "lane"} x="0" y={tops[i] ?? 0} width={width} height={(depth[i] ?? 1) * SLOT + PAD} />
          <text class="lane-name" x="12" y={(tops[i] ?? 0) + 24}>
            {lane === "" ? t("flow.no_role") : lane}
          </text>
        </g>
      ))}
      {map.edges.map((edge) => {
        const from = at.get(edge.source);
        const to = at.get(edge.target);
        if (from === undefined || to === undefined) return null;
        const x1 = from.x + STEP.width;
        const y1 = from.y + STEP.height / 2;
        const y2 = to.y + STEP.height / 2;
        const half = (x1 + to.x) / 2;
        return (
          <g key={`${edge.source} ${edge.target}`}>
            <path
              class={edge.accepted_by === "" ? "" : "handover"}
              d={`M${String(x1)} ${String(y1)}C${String(half)} ${String(y1)} ${String(half)} ${String(y2)} ${String(to.x)} ${String(y2)}`}
              marker-end="url(#flow-end)"
            />
            {edge.accepted_by === "" ? null : (
              <text class="edge-name" x={half} y={(y1 + y2) / 2 - 6} text-anchor="middle">
                {`→ ${edge.accepted_by}`}
              </text>
            )}
          </g>
        );
      })}
      {map.nodes.map((node) => {
        const place = at.get(node.op);
        const step = steps.get(node.op);
        if (place === undefined) return null;
        return (
          <g key={node.op} class={flawed.has(node.op) ? "step step-flawed" : "step"}>
            <rect x={place.x} y={place.y} width={STEP.width} height={STEP.height} rx="6" />
            <text x={place.x + 10} y={place.y + 22}>
              {flawed.has(node.op) ? `! ${node.op}` : node.op}
            </text>
            <text class="step-where" x={place.x + 10} y={place.y + 40}>
              {step?.work_centre ?? ""}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
