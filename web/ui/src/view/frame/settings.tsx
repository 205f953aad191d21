/** How values are shown in this browser: in which units, and with which marks between digits. */

import type { JSX } from "preact";
import { t, type Key } from "../i18n/index.ts";
import { chooseLocale, localeChoice, LOCALES } from "../live/locale.ts";
import { chooseSystem, systemChoice, type SystemChoice } from "../live/units.ts";

const SYSTEMS: readonly SystemChoice[] = ["plant", "as_measured", "metric", "us"];

function Choice(props: {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  choose: (value: string) => void;
}): JSX.Element {
  return (
    <label class="setting">
      {props.label}
      <select
        value={props.value}
        onChange={(event) => {
          props.choose(event.currentTarget.value);
        }}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Both take effect by loading the page anew: every value on it was converted when it came in. */
export function Settings(): JSX.Element {
  return (
    <fieldset class="choices settings">
      <legend>{t("settings.title")}</legend>
      <Choice
        label={t("settings.units")}
        value={systemChoice()}
        options={SYSTEMS.map((each) => [each, t(`settings.units.${each}` as Key)])}
        choose={(value) => {
          chooseSystem(value as SystemChoice);
        }}
      />
      <Choice
        label={t("settings.numbers")}
        value={localeChoice()}
        options={[
          ["", t("settings.numbers.browser")],
          ...LOCALES.map((each) => [each, `${new Intl.NumberFormat(each).format(12345.6)} (${each})`] as const),
        ]}
        choose={chooseLocale}
      />
    </fieldset>
  );
}
