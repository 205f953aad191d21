/** Alarms as rows that can be selected, with what happens if nobody answers and what to do. */

import type { JSX } from "preact";
import type { Alarm } from "../../data/rest/alarms.ts";
import { machineUrl } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { textTick } from "../live/pace.ts";
import { serverClock, zone } from "../live/session.ts";
import { age, number, title } from "../parts/format.ts";
import { Letter, PriorityGlyph } from "./glyph.tsx";
import type { Listed } from "./sort.ts";

export interface Selection {
  readonly chosen: ReadonlySet<number>;
  readonly toggle: (numbers: readonly number[], on: boolean) => void;
}

function Source(props: { alarm: Alarm }): JSX.Element {
  const { alarm } = props;
  const name = title(alarm.signal.split("/").pop() ?? alarm.signal);
  const machine = title(alarm.asset.split("/").pop() ?? alarm.asset);
  const link = alarm.asset.split("/").length === 4;
  return (
    <span title={alarm.signal}>
      {link ? <a href={machineUrl(alarm.asset)}>{machine}</a> : machine} / {name}
    </span>
  );
}

function Shelved(props: { alarm: Alarm }): JSX.Element | null {
  const { alarm } = props;
  if (alarm.shelving === "unshelved" || alarm.shelved_until_ms === null) return null;
  const until = t("alarms.until", { time: zone.value.format(alarm.shelved_until_ms, "minutes") });
  return (
    <span class="quiet">
      {" "}
      {alarm.shelving === "one_shot_shelved" ? `${t("alarms.one_shot")}, ${until}` : until}
    </span>
  );
}

/** What an explanation says beyond the title it begins with. */
function rest(alarm: Alarm): string {
  const begins = `${alarm.title}.`;
  return alarm.explanation.startsWith(begins) ? alarm.explanation.slice(begins.length).trim() : alarm.explanation;
}

function Row(props: { listed: Listed; selection: Selection | null }): JSX.Element {
  const { alarm, brought, child } = props.listed;
  const { selection } = props;
  const now = serverClock.now();
  return (
    <tr data-alarm={alarm.number} class={`${child ? "alarm-child" : ""} ${alarm.active ? "" : "alarm-over"}`}>
      {selection === null ? null : (
        <td>
          <label class="alarm-select">
            <input
              type="checkbox"
              checked={selection.chosen.has(alarm.number)}
              onChange={(event) => {
                selection.toggle([alarm.number], event.currentTarget.checked);
              }}
            />
            <span class="visually-hidden">{t("alarms.select", { number: alarm.number, title: alarm.title })}</span>
          </label>
        </td>
      )}
      <td>
        <PriorityGlyph alarm={alarm} />
      </td>
      <td>
        <Letter alarm={alarm} />
        <Shelved alarm={alarm} />
      </td>
      <td class="num">{zone.value.format(alarm.raised_ms, "full")}</td>
      <td class="num">{age(now - alarm.raised_ms)}</td>
      <td>
        <Source alarm={alarm} />
      </td>
      <td class="alarm-text">
        <b>{alarm.title}</b>
        {child ? <span class="tag">{t("alarms.follows")}</span> : null}
        {!child && (brought > 0 || alarm.first_out) ? (
          <span class="tag">
            {brought > 0 ? t("alarms.first_out", { count: brought }) : t("alarms.first_out_alone")}
          </span>
        ) : null}
        <span class="alarm-says">{rest(alarm)}</span>
      </td>
      <td>{alarm.consequence === "" ? t("value.none") : alarm.consequence}</td>
      <td>{alarm.response === "" ? t("value.none") : alarm.response}</td>
      <td class="num">{number(alarm.occurrences)}</td>
      <td class="num">
        {alarm.issue === null ? (
          t("value.none")
        ) : (
          <>
            <a href={`/issues/${String(alarm.issue)}`}>{alarm.issue}</a>{" "}
            <a class="alarm-why" href={`/issues/${String(alarm.issue)}#explained`}>
              {t("alarms.why")}
              <span class="visually-hidden">: {alarm.number}</span>
            </a>
          </>
        )}
      </td>
    </tr>
  );
}

export function AlarmTable(props: { rows: readonly Listed[]; selection: Selection | null }): JSX.Element {
  void textTick.value;
  const { rows, selection } = props;
  const numbers = rows.map((each) => each.alarm.number);
  const all = selection !== null && numbers.every((each) => selection.chosen.has(each));
  return (
    <table class="alarm-table">
      <thead>
        <tr>
          {selection === null ? null : (
            <th scope="col">
              <label class="alarm-select">
                <input
                  type="checkbox"
                  checked={all}
                  onChange={(event) => {
                    selection.toggle(numbers, event.currentTarget.checked);
                  }}
                />
                <span class="visually-hidden">{t("alarms.select_all")}</span>
              </label>
            </th>
          )}
          <th scope="col">{t("alarms.priority")}</th>
          <th scope="col">{t("alarms.state")}</th>
          <th scope="col" class="num">{t("alarms.when")}</th>
          <th scope="col" class="num">{t("alarms.age")}</th>
          <th scope="col">{t("alarms.source")}</th>
          <th scope="col">{t("alarms.text")}</th>
          <th scope="col">{t("alarms.consequence")}</th>
          <th scope="col">{t("alarms.response")}</th>
          <th scope="col" class="num">{t("alarms.times")}</th>
          <th scope="col" class="num">{t("alarms.issue")}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((each) => (
          <Row key={each.alarm.number} listed={each} selection={selection} />
        ))}
      </tbody>
    </table>
  );
}
