/** The sensitivity curve: what each variation would have cost, as points to pick and as the table they stand for. */

import type { JSX } from "preact";
import type { Backtest, Outcome, Report } from "../../data/rest/backtests.ts";
import { go, query, withParts, withQuery } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { age, number, plain } from "../parts/format.ts";

const WIDTH = 720;
const HEIGHT = 150;
const LEFT = 58;
const RIGHT = 14;
const TOP = 12;
const BOTTOM = 26;

export interface Variation {
  readonly outcome: Outcome;
  readonly name: string;
  readonly x: number;
}

export function called(outcome: Outcome): string {
  const parts = Object.entries(outcome.changes).map(([name, value]) => `${name} ${typeof value === "number" ? plain(value) : String(value)}`);
  return parts.length === 0 ? t("backtests.as_is") : parts.join(", ");
}

/** Every variation in the order of the curve, with what was asked for itself. */
export function variations(job: Backtest, report: Report): readonly Variation[] {
  const all = [report.outcome, ...report.curve];
  if (job.sweep !== "parameter") return all.map((outcome, x) => ({ outcome, name: called(outcome), x }));
  const own = report.settings[job.parameter];
  return all
    .map((outcome) => {
      const value = outcome.changes[job.parameter] ?? own;
      return { outcome, name: called(outcome), x: typeof value === "number" ? value : NaN };
    })
    .filter((each) => !Number.isNaN(each.x))
    .sort((a, b) => a.x - b.x);
}

const price = (name: string, fallback: number): number => {
  const asked = Number(query.value.get(name));
  return query.value.get(name) !== null && Number.isFinite(asked) && asked >= 0 ? asked : fallback;
};

export const cost = (one: Outcome): number => one.false_alarms * price("cost_false", 1) + one.misses * price("cost_miss", 10);

interface PanelProps {
  readonly all: readonly Variation[];
  readonly label: string;
  readonly read: (one: Outcome) => number;
  readonly picked: number;
}

function Panel(props: PanelProps): JSX.Element {
  const { all, read, picked } = props;
  const xs = all.map((each) => each.x);
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const most = Math.max(1, ...all.map((each) => read(each.outcome)));
  const x = (value: number): number => LEFT + ((value - low) / (high - low || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
  const line = all.map((each, n) => `${n === 0 ? "M" : "L"}${x(each.x).toFixed(1)} ${y(read(each.outcome)).toFixed(1)}`).join("");
  return (
    <svg class="curve" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} aria-hidden="true" focusable="false">
      <text class="curve-label" x={WIDTH - RIGHT} y={TOP} text-anchor="end">{props.label}</text>
      <path class="curve-axis" d={`M${String(LEFT)} ${String(TOP)}V${String(HEIGHT - BOTTOM)}H${String(WIDTH - RIGHT)}`} />
      <text class="curve-tick" x={LEFT - 6} y={y(0)} text-anchor="end">0</text>
      <text class="curve-tick" x={LEFT - 6} y={y(most) + 4} text-anchor="end">{plain(most)}</text>
      <text class="curve-tick" x={LEFT} y={HEIGHT - 8}>{plain(low)}</text>
      <text class="curve-tick" x={WIDTH - RIGHT} y={HEIGHT - 8} text-anchor="end">{plain(high)}</text>
      <path class="curve-line" d={line} />
      {all.map((each, n) => (
        <circle
          key={each.name}
          class={n === picked ? "curve-point curve-picked" : "curve-point"}
          cx={x(each.x)}
          cy={y(read(each.outcome))}
          r={n === picked ? 8 : 5}
          onClick={() => {
            go(withQuery("pick", String(n)), "replace");
          }}
        />
      ))}
    </svg>
  );
}

function Price(props: { name: string; label: string; fallback: number }): JSX.Element {
  return (
    <label>
      {props.label}
      <input
        type="number"
        min={0}
        step="any"
        value={price(props.name, props.fallback)}
        onChange={(event) => {
          go(withQuery(props.name, event.currentTarget.value), "replace");
        }}
      />
    </label>
  );
}

function Row(props: { one: Variation; place: number; picked: boolean; tags: readonly string[] }): JSX.Element {
  const { one, place, picked, tags } = props;
  const { outcome } = one;
  return (
    <tr data-variation={place} class={picked ? "variation-picked" : ""}>
      <td>
        <label class="alarm-select">
          <input
            type="radio"
            name="variation"
            checked={picked}
            onChange={() => {
              go(withParts({ pick: [String(place)] }), "replace");
            }}
          />
          <span class="visually-hidden">{t("backtests.pick", { what: one.name })}</span>
        </label>
      </td>
      <th scope="row">
        {one.name}
        {tags.map((each) => (
          <span key={each} class="tag">
            {each}
          </span>
        ))}
      </th>
      <td class="num">{number(outcome.alarms)}</td>
      <td class="num">{number(outcome.hits)}</td>
      <td class="num">{number(outcome.misses)}</td>
      <td class="num">{number(outcome.false_alarms)}</td>
      <td class="num">{outcome.median_lead_s === null ? t("value.none") : age(outcome.median_lead_s * 1_000)}</td>
      <td class="num">{number(cost(outcome), 0)}</td>
    </tr>
  );
}

/** Which variation the address picks; the cheapest where it picks none. */
export function pickedOf(all: readonly Variation[]): number {
  const asked = query.value.get("pick");
  const place = Number(asked);
  if (asked !== null && Number.isInteger(place) && place >= 0 && place < all.length) return place;
  return cheapest(all);
}

function cheapest(all: readonly Variation[]): number {
  const costs = all.map((each) => cost(each.outcome));
  return costs.indexOf(Math.min(...costs));
}

export function Curve(props: { job: Backtest; report: Report; all: readonly Variation[] }): JSX.Element | null {
  const { job, report, all } = props;
  if (all.length < 2) return null;
  const picked = pickedOf(all);
  const best = cheapest(all);
  const suggested = report.suggestion === null ? "" : called(report.suggestion);
  return (
    <section class="panel" tabIndex={0} aria-label={t("backtests.curve")} data-section="curve">
      <h2>{t("backtests.curve")}</h2>
      <p class="quiet lead">{t("backtests.curve_lead")}</p>
      <div class="ask-row">
        <Price name="cost_false" label={t("backtests.cost_false")} fallback={1} />
        <Price name="cost_miss" label={t("backtests.cost_miss")} fallback={10} />
      </div>
      {job.sweep === "parameter" ? (
        <>
          <Panel all={all} label={t("backtests.false")} read={(one) => one.false_alarms} picked={picked} />
          <Panel all={all} label={t("backtests.hits")} read={(one) => one.hits} picked={picked} />
          <Panel all={all} label={t("backtests.cost")} read={cost} picked={picked} />
          <p class="quiet curve-x">{t("backtests.curve_x", { name: job.parameter })}</p>
        </>
      ) : null}
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="visually-hidden">{t("backtests.pick", { what: "" })}</span>
            </th>
            <th scope="col">{t("backtests.curve_variation")}</th>
            <th scope="col" class="num">{t("backtests.alarms")}</th>
            <th scope="col" class="num">{t("backtests.hits")}</th>
            <th scope="col" class="num">{t("backtests.misses")}</th>
            <th scope="col" class="num">{t("backtests.false")}</th>
            <th scope="col" class="num">{t("backtests.lead")}</th>
            <th scope="col" class="num">{t("backtests.cost")}</th>
          </tr>
        </thead>
        <tbody>
          {all.map((each, n) => (
            <Row
              key={each.name}
              one={each}
              place={n}
              picked={n === picked}
              tags={[
                ...(n === best ? [t("backtests.cheapest")] : []),
                ...(each.name === suggested ? [t("backtests.suggested")] : []),
              ]}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}
