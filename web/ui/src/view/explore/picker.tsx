/** Finds signals by any part of their names and puts them into the address. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Column } from "../../data/live/protocol.ts";
import { t } from "../i18n/index.ts";
import { change, MOST_SIGNALS } from "./view.ts";

const SHOWN = 30;

export function numeric(column: Column): boolean {
  return column.data_type !== "string" && column.data_type !== "array";
}

export function Picker(props: { signals: readonly Column[]; chosen: readonly string[] }): JSX.Element {
  const { signals, chosen } = props;
  const text = useMemo(() => signal(""), []);
  // Open until it is closed by hand: several signals are chosen one after the other.
  const open = useMemo(() => signal(chosen.length === 0), []);
  const words = text.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = signals.filter((column) => numeric(column) && words.every((word) => column.path.toLowerCase().includes(word)));
  const full = chosen.length >= MOST_SIGNALS;
  return (
    <details class="panel picker" open={open.value} onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{t("explore.add")}</summary>
      <input
        type="search"
        class="picker-find"
        aria-label={t("explore.find")}
        placeholder={t("explore.find")}
        value={text.value}
        onInput={(event) => (text.value = event.currentTarget.value)}
      />
      {full ? <p class="quiet" role="status">{t("explore.full", { count: MOST_SIGNALS })}</p> : null}
      <ul class="picker-list">
        {found.slice(0, SHOWN).map((column) => {
          const on = chosen.includes(column.path);
          return (
            <li key={column.path}>
              <label class="check">
                <input
                  type="checkbox"
                  checked={on}
                  disabled={!on && full}
                  onChange={() => {
                    change({ s: on ? chosen.filter((each) => each !== column.path) : [...chosen, column.path] });
                  }}
                />
                {column.path} {column.unit === "" ? null : <span class="unit">{column.unit}</span>}
              </label>
            </li>
          );
        })}
      </ul>
      {found.length === 0 ? <p class="quiet">{t("explore.none_found")}</p> : null}
      {found.length > SHOWN ? <p class="quiet">{t("explore.more", { count: found.length - SHOWN })}</p> : null}
    </details>
  );
}
