/** A section with a table that may scroll sideways, or a sentence where there is no row. */

import type { ComponentChildren, JSX } from "preact";
import { t } from "../i18n/index.ts";
import type { Loaded } from "../live/resource.ts";
import { Failed, Loading } from "../parts/states.tsx";

export interface Head {
  readonly text: string;
  readonly num?: boolean;
}

export function TableSection(props: {
  heading: string;
  heads: readonly Head[];
  empty: string;
  rows: readonly ComponentChildren[];
  name?: string;
}): JSX.Element {
  return (
    <section class="panel" tabIndex={0} aria-label={props.heading} data-section={props.name}>
      <h2>{props.heading}</h2>
      {props.rows.length === 0 ? (
        <p class="quiet">{props.empty}</p>
      ) : (
        <table>
          <thead>
            <tr>
              {props.heads.map((head) => (
                <th key={head.text} scope="col" class={head.num === true ? "num" : ""}>
                  {head.text}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{props.rows}</tbody>
        </table>
      )}
    </section>
  );
}

/** What stands in a section's place while it is fetched or when that failed; null once it is there. */
export function waiting<T>(heading: string, state: Loaded<T>, retry: () => void): JSX.Element | null {
  if (state.status === "ready") return null;
  return (
    <section class="panel" aria-label={heading}>
      <h2>{heading}</h2>
      {state.status === "loading" ? <Loading rows={1} /> : <Failed error={state.error} retry={retry} />}
    </section>
  );
}

export const none = (): string => t("value.none");
