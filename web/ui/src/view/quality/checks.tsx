/** Checks: what is due with its countdown, filled on a phone, what is coming, and what was done. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { checks, coming, fillCheck, voidValue, type Check, type ChecklistItem, type Result } from "../../data/rest/quality.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { serverClock } from "../live/session.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold, type Told } from "../parts/act.tsx";
import { Ask, AskWhy } from "../parts/ask.tsx";
import { age, number, plain } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Chart } from "./chart.tsx";
import { clock, limits, short, trigger } from "./words.ts";

const POLL_MS = 2_000;

function said(item: ChecklistItem, result: Result): string {
  const value = item.kind === "yes/no" ? t(result.value === 1 ? "quality.yes" : "quality.no") : result.value === null ? result.text : plain(result.value);
  const fill = { value, unit: item.unit, by: result.by, time: clock(result.source_ms) };
  const text = t(result.origin === "signal" ? "quality.from_signal" : "quality.from_person", fill);
  return result.quality === 0 ? text : `${text}, ${t("quality.quality_code", { code: `0x${result.quality.toString(16).padStart(8, "0")}` })}`;
}

interface Filling {
  readonly check: Check;
  readonly item: ChecklistItem;
  readonly told: Told;
  readonly put: (check: Check) => void;
}

function Field(props: Filling): JSX.Element {
  const { check, item, told } = props;
  const fill = async (value: number | boolean | string): Promise<string> => {
    props.put(await fillCheck(check.number, item.id, value, check.version));
    return t("quality.saved");
  };
  if (item.kind === "yes/no") {
    return (
      <div class="acts" role="group" aria-label={item.text}>
        {([true, false] as const).map((value) => (
          <Act key={String(value)} told={told} label={t(value ? "quality.yes" : "quality.no")} work={() => fill(value)} />
        ))}
      </div>
    );
  }
  if (item.kind === "signature") {
    return (
      <div class="acts">
        <Act told={told} label={t("quality.sign")} work={() => fill("signed")} />
      </div>
    );
  }
  return (
    <Ask
      told={told}
      button={t("quality.save", { item: item.text })}
      work={(answer) => fill(item.kind === "number" ? Number(answer("value").replace(",", ".")) : answer("value"))}
    >
      <label>
        {t("quality.value_of", { item: item.text })}
        <input name="value" required autocomplete="off" inputMode={item.kind === "number" ? "decimal" : "text"} pattern={item.kind === "number" ? "-?[0-9]+([.,][0-9]+)?" : undefined} maxLength={200} />
      </label>
    </Ask>
  );
}

function Voiding(props: Filling): JSX.Element {
  const { check, item, told } = props;
  return (
    <AskWhy
      told={told}
      label={t("quality.void", { item: item.text })}
      reason={t("quality.void_reason", { item: item.text })}
      work={async (why) => {
        props.put(await voidValue(check.number, item.id, why, check.version));
        return t("quality.saved");
      }}
    />
  );
}

function Item(props: Filling): JSX.Element {
  const { check, item } = props;
  const mine = check.results.filter((each) => each.item === item.id);
  const last = mine.at(-1);
  const valid = last !== undefined && last.voided_by === "" ? last : null;
  const waits = item.signal !== "" && last === undefined;
  const live = check.state === "due" || check.state === "open";
  return (
    <li class="check-item" data-item={item.id}>
      <div class="check-head">
        <strong>{item.text}</strong>
        <span class="quiet">
          {t(item.gate === "hard" ? "quality.hard" : "quality.soft")} {limits(item)}
        </span>
      </div>
      {mine.map((each) => (
        <p key={`${String(each.source_ms)}${each.by}`} class={each.passed || each.voided_by !== "" ? "" : "check-failed"}>
          {each.value === null && each.text === "" ? "" : said(item, each)}{" "}
          {each.voided_by === "" ? <strong>{t(each.passed ? "quality.passed" : "quality.failed")}</strong> : t("quality.voided", { by: each.voided_by, reason: each.void_reason })}
        </p>
      ))}
      {waits ? <p class="quiet">{t("quality.waits", { signal: item.signal })}</p> : null}
      {valid === null && !waits && live && may("checklist.propose") ? <Field {...props} /> : null}
      {(valid !== null || waits) && may("checklist.approve") && check.state !== "dispositioned" ? <Voiding {...props} /> : null}
      {item.kind === "number" ? (
        <details>
          <summary class="button">{t("quality.chart", { item: item.text })}</summary>
          <Chart checklist={check.checklist.id} item={item.id} machine={check.machine} name={item.text} />
        </details>
      ) : null}
    </li>
  );
}

function Card(props: { readonly check: Check; readonly reload: () => void }): JSX.Element {
  const told = useTold();
  const newer = useMemo(() => signal<Check | null>(null), []);
  const check = newer.value !== null && newer.value.version > props.check.version ? newer.value : props.check;
  const put = (next: Check): void => {
    newer.value = next;
    props.reload();
  };
  const now = serverClock.now();
  const left = check.late_ms - (Number.isNaN(now) ? Date.now() : now);
  return (
    <article class="panel check" data-check={check.number} data-state={check.state}>
      <h2>
        {check.checklist.title} <span class="quiet">{check.triggers.map(trigger).join(", ")}</span>
      </h2>
      <p>
        {t("quality.piece", { machine: short(check.machine), lot: check.lot, piece: check.piece })}{" "}
        {check.done_ms === null ? (
          <strong class={left < 0 ? "check-failed" : ""}>{t(left < 0 ? "quality.late_by" : "quality.due_in", { time: age(Math.abs(left)) })}</strong>
        ) : (
          <strong>{tOr(`quality.state.${check.state}`, check.state)}</strong>
        )}
      </p>
      <ul class="check-items">
        {check.checklist.items.map((item) => (
          <Item key={item.id} check={check} item={item} told={told} put={put} />
        ))}
      </ul>
      <Said told={told} />
    </article>
  );
}

function Ahead(): JSX.Element | null {
  const held = useResource(coming, [], POLL_MS);
  const state = held.state.value;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const found = held.value ?? [];
  if (found.length === 0) return null;
  const now = serverClock.now();
  return (
    <section class="panel" tabIndex={0} aria-label={t("quality.coming")}>
      <h2>{t("quality.coming")}</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("quality.check")}</th>
            <th scope="col">{t("quality.machine")}</th>
            <th scope="col">{t("quality.lot")}</th>
            <th scope="col">{t("quality.when")}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((each) => (
            <tr key={`${each.machine}${each.checklist}${each.trigger}`}>
              <th scope="row">{each.title}</th>
              <td>{short(each.machine)}</td>
              <td>{each.lot}</td>
              <td>
                {each.in_pieces !== null
                  ? t("quality.in_pieces", { count: number(each.in_pieces) })
                  : each.at_ms === null || each.at_ms <= now
                    ? t("quality.now")
                    : t("quality.in_time", { time: age(each.at_ms - now) })}
                <span class="sub">{trigger(each.trigger)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function ChecksPart(): JSX.Element {
  const held = useResource(() => checks(false), [], POLL_MS);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  return (
    <>
      {state.value.length === 0 ? <Empty title={t("quality.none_due")} next={t("quality.none_due_next")} /> : null}
      <div class="panels">
        {state.value.map((each) => (
          <Card key={each.number} check={each} reload={() => { held.soon(); }} />
        ))}
      </div>
      <Ahead />
    </>
  );
}

export function DonePart(): JSX.Element {
  const held = useResource(() => checks(true), [], 10_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  if (state.value.length === 0) return <Empty title={t("quality.none_done")} />;
  return (
    <div class="panels">
      {state.value.slice(0, 50).map((each) => (
        <Card key={each.number} check={each} reload={() => { held.soon(); }} />
      ))}
    </div>
  );
}
