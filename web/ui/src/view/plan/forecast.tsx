/** Past demand, orders and what is expected, product by product; people's own numbers with a reason. */

import type { JSX } from "preact";
import { acceptForecast, forecasts, makeForecast, overrideForecast, type DemandSeries } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, act, Said, useTold } from "../parts/act.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

const PAST = 52;
const WIDTH = 640;
const HEIGHT = 120;

/** One product's weeks in one picture: what was, what is ordered (bars), what is expected. */
function Picture(props: { readonly of: DemandSeries }): JSX.Element {
  const { wanted, weeks, orders, forecast } = props.of;
  const past = wanted.slice(-PAST);
  const pastWeeks = weeks.slice(-PAST);
  const ahead = forecast?.weeks ?? [];
  const all = [...pastWeeks, ...ahead.filter((week) => !pastWeeks.includes(week))];
  const most = Math.max(1, ...past, ...(forecast?.p80 ?? []), ...Object.values(orders));
  const x = (week: string): number => ((all.indexOf(week) + 0.5) / Math.max(1, all.length)) * WIDTH;
  const y = (qty: number): number => HEIGHT - 14 - (qty / most) * (HEIGHT - 24);
  const line = (at: readonly string[], qty: readonly number[]): string =>
    at.map((week, i) => `${x(week).toFixed(1)},${y(qty[i] ?? 0).toFixed(1)}`).join(" ");
  const bar = WIDTH / Math.max(1, all.length) / 2;
  return (
    <svg class="spark" viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`} role="img" aria-label={t("plan.series", { product: props.of.product })}>
      {Object.entries(orders)
        .filter(([week]) => all.includes(week))
        .map(([week, qty]) => (
          <rect key={week} x={x(week) - bar / 2} y={y(qty)} width={bar} height={HEIGHT - 14 - y(qty)} />
        ))}
      <polyline class="past" points={line(pastWeeks, past)} />
      {forecast === null ? null : <polyline class="p50" points={line(ahead, forecast.p50)} />}
      {forecast === null ? null : <polyline class="p80" points={line(ahead, forecast.p80)} />}
      <text x="0" y={HEIGHT - 1}>
        {all[0] ?? ""}
      </text>
      <text x={WIDTH} y={HEIGHT - 1} text-anchor="end">
        {all[all.length - 1] ?? ""}
      </text>
    </svg>
  );
}

function Legend(): JSX.Element {
  return (
    <p class="legend">
      <span>
        <svg class="spark" viewBox="0 0 26 10" aria-hidden="true">
          <polyline class="past" points="0,5 26,5" />
        </svg>
        {t("plan.past")}
      </span>
      <span>
        <svg class="spark" viewBox="0 0 26 10" aria-hidden="true">
          <rect x="9" y="0" width="8" height="10" />
        </svg>
        {t("plan.ordered")}
      </span>
      <span>
        <svg class="spark" viewBox="0 0 26 10" aria-hidden="true">
          <polyline class="p50" points="0,5 26,5" />
        </svg>
        {t("plan.expected")}
      </span>
      <span>
        <svg class="spark" viewBox="0 0 26 10" aria-hidden="true">
          <polyline class="p80" points="0,5 26,5" />
        </svg>
        {t("plan.high")}
      </span>
    </p>
  );
}

function Override(props: { readonly of: DemandSeries; readonly done: () => Promise<void> }): JSX.Element | null {
  const told = useTold();
  const run = props.of.forecast;
  if (run === null) return null;
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        void act(told, async () => {
          await overrideForecast(run.product, String(values.get("week")), Number(values.get("qty")), String(values.get("reason")));
          await props.done();
          return t("plan.done");
        });
      }}
    >
      <label>
        {t("plan.week")}
        <select name="week">
          {run.weeks.map((week, i) => (
            <option key={week} value={week}>
              {`${week} (${number(run.p50[i] ?? null)})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("plan.override")}
        <input name="qty" type="number" min="0" step="any" required inputMode="decimal" />
      </label>
      <label>
        {t("plan.reason")}
        <input name="reason" required minLength={3} maxLength={500} autocomplete="off" />
      </label>
      <button type="submit" class="button" disabled={told.busy.value}>
        {t("plan.override_send")}
      </button>
      <Said told={told} />
    </form>
  );
}

function Product(props: { readonly of: DemandSeries; readonly done: () => Promise<void> }): JSX.Element {
  const told = useTold();
  const each = props.of;
  const run = each.forecast;
  const after = async (work: Promise<unknown>): Promise<string> => {
    await work;
    await props.done();
    return t("plan.done");
  };
  return (
    <section class="panel" data-product={each.product}>
      <h2>{each.product}</h2>
      <Picture of={each} />
      {run === null ? (
        <p class="quiet">{t("plan.no_run")}</p>
      ) : (
        <p>
          {t("plan.method")}: {run.method}
          {run.weak ? ` (${t("plan.weak")})` : ""}
          {run.mase === null ? "" : ` · ${t("plan.mase")} ${number(run.mase, 2)}`}
          {run.bias === null ? "" : ` · ${t("plan.bias")} ${number(run.bias, 1)}`}
          {` · ${t(run.state === "accepted" ? "plan.accepted" : "plan.draft")}`}
        </p>
      )}
      {run?.overrides.map((own) => (
        <p key={own.week} class="quiet">
          {own.week}: {t("plan.overridden", { qty: number(own.qty), by: own.by, reason: own.reason })}
        </p>
      ))}
      <div class="acts">
        {may("demand.propose") && each.weeks.length > 0 ? (
          <Act told={told} label={t("plan.make_forecast", { product: each.product })} work={() => after(makeForecast(each.product))} />
        ) : null}
        {may("demand.approve") && run?.state === "draft" ? (
          <Act told={told} label={t("plan.accept_forecast", { product: each.product })} work={() => after(acceptForecast(each.product))} />
        ) : null}
        <Said told={told} />
      </div>
      {may("demand.propose") ? <Override of={each} done={props.done} /> : null}
    </section>
  );
}

export function ForecastPart(): JSX.Element {
  const resource = useResource(forecasts, []);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  if (state.value.length === 0) return <Empty title={t("plan.no_forecast")} next={t("plan.no_forecast_next")} />;
  return (
    <>
      <Legend />
      <p class="quiet">{t("plan.mase_hint")}</p>
      {state.value.map((each) => (
        <Product key={each.product} of={each} done={() => resource.load()} />
      ))}
    </>
  );
}
