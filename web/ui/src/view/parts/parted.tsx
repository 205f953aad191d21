/** A page of several parts, one shown at a time; which one stands in the address. */

import type { ComponentChildren, JSX } from "preact";
import { query, withQuery } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import "../plan/plan.css";

/** A part: its name in the address (the first has none), its words, what it shows. */
export type Part = readonly [name: string, label: Key, shows: () => JSX.Element];

interface Props {
  readonly title: Key;
  /** What the choice between the parts is called. */
  readonly choice: Key;
  readonly parts: readonly [Part, ...Part[]];
  readonly look?: string;
  /** What stands above every part. */
  readonly above?: ComponentChildren;
}

export function Parted(props: Props): JSX.Element {
  const { parts } = props;
  const asked = query.value.get("part") ?? "";
  const [name, , Shown] = parts.find(([each]) => each === asked) ?? parts[0];
  return (
    <div class={props.look === undefined ? "planning" : `planning ${props.look}`}>
      <div class="page-head">
        <h1>{t(props.title)}</h1>
        <nav class="segments" aria-label={t(props.choice)}>
          {parts.map(([to, label]) => (
            <a key={to} href={withQuery("part", to)} aria-current={to === name ? "true" : undefined}>
              {t(label)}
            </a>
          ))}
        </nav>
      </div>
      {props.above}
      <Shown key={name} />
    </div>
  );
}
