/** Weekly windows in which only the worst is told. */

import type { JSX } from "preact";
import type { Quiet } from "../../data/rest/notify.ts";
import { t } from "../i18n/index.ts";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const FIRST: Quiet = { days: [...DAYS], start: "22:00", end: "06:00" };

interface Props {
  readonly quiet: readonly Quiet[];
  readonly set: (quiet: readonly Quiet[]) => void;
}

function Window(props: { at: number; window: Quiet; put: (window: Quiet) => void; remove: () => void }): JSX.Element {
  const { at, window, put } = props;
  const n = at + 1;
  return (
    <fieldset class="quiet-window">
      <legend class="visually-hidden">{t("account.days", { n })}</legend>
      {DAYS.map((day) => (
        <label key={day} class="day">
          <input
            type="checkbox"
            checked={window.days.includes(day)}
            onChange={(event) => {
              const rest = window.days.filter((each) => each !== day);
              put({ ...window, days: event.currentTarget.checked ? [...rest, day] : rest });
            }}
          />
          {t(`account.day.${day}`)}
        </label>
      ))}
      {(["start", "end"] as const).map((end) => (
        <label key={end} class="wall">
          {t(end === "start" ? "account.from" : "account.to")}
          <input
            type="time"
            value={window[end]}
            required
            onInput={(event) => {
              put({ ...window, [end]: event.currentTarget.value });
            }}
          />
        </label>
      ))}
      <button type="button" class="small-button" onClick={props.remove}>
        {t("account.remove_quiet", { n })}
      </button>
    </fieldset>
  );
}

export function QuietHours(props: Props): JSX.Element {
  const { quiet, set } = props;
  return (
    <div class="quiet-hours">
      <h3>{t("account.quiet")}</h3>
      <p class="quiet">{t("account.quiet_note")}</p>
      {quiet.map((window, at) => (
        <Window
          key={at}
          at={at}
          window={window}
          put={(next) => {
            set(quiet.map((each, place) => (place === at ? next : each)));
          }}
          remove={() => {
            set(quiet.filter((_, place) => place !== at));
          }}
        />
      ))}
      <button
        type="button"
        class="button"
        onClick={() => {
          set([...quiet, FIRST]);
        }}
      >
        {t("account.add_quiet")}
      </button>
    </div>
  );
}
