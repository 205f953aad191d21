/** The raw states of a machine behind one bucket of its figures. */

import type { JSX } from "preact";
import { intervals } from "../../data/rest/intervals.ts";
import type { Kpis } from "../../data/rest/kpis.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { age } from "../parts/format.ts";
import { Failed, Loading } from "../parts/states.tsx";
import { named } from "./named.ts";

const SHOWN = 500;

export function Intervals(props: { readonly machine: string; readonly of: Kpis }): JSX.Element {
  const { machine, of } = props;
  const held = useResource(() => intervals(machine, of.start_ms, of.end_ms), [machine, of.start_ms, of.end_ms], of.provisional ? 30_000 : 0);
  const state = held.state.value;
  const clock = (ms: number): string => zone.value.format(ms, "full");
  const title = t("intervals.title", { label: named(of) });
  if (state.status === "loading") return <Loading rows={3} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const rows = state.value.items.slice(0, SHOWN);
  return (
    <section class="panel" tabIndex={0} aria-label={title} data-section="intervals">
      <h2>{title}</h2>
      <table>
        <thead>
          <tr>
            {(["from", "to", "lasted", "state", "booked"] as const).map((each) => (
              <th key={each} scope="col" class={each === "lasted" ? "num" : ""}>
                {t(`intervals.${each}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((each) => (
            <tr key={each.start_ms}>
              <td>{clock(each.start_ms)}</td>
              <td>{clock(each.end_ms)}</td>
              <td class="num">{age(each.end_ms - each.start_ms)}</td>
              <td>{each.state_name === "" ? t("value.none") : each.state_name}</td>
              <td>{tOr(`intervals.booked.${each.booked}`, each.booked)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length < state.value.items.length || !state.value.complete ? <p class="quiet">{t("intervals.some")}</p> : null}
    </section>
  );
}
