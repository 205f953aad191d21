/** What to try: a rule, changed settings, a window of history, and variations beside it. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { startBacktest, type Asked, type Changes, type RuleOverview, type Sweep } from "../../data/rest/backtests.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t, type Key } from "../i18n/index.ts";
import { phase, serverClock, zone } from "../live/session.ts";
import { age, plain } from "../parts/format.ts";

const HOUR_MS = 3_600_000;
const WINDOWS_H = [1, 8, 24, 168, 720] as const;
const SWEEPS: readonly Sweep[] = ["none", "parameter", "nuisance"];
const MOST_VALUES = 25;

/** The settings of a rule that are numbers: only these are changed here. */
export function numeric(rule: RuleOverview | undefined): readonly (readonly [string, number])[] {
  return Object.entries(rule?.settings ?? {}).filter((each): each is [string, number] => typeof each[1] === "number");
}

/** Changed settings as the address holds them: `set=name=value`. */
export function readChanges(): Changes {
  const found: Record<string, number> = {};
  for (const each of query.value.getAll("set")) {
    const [name = "", text = ""] = each.split("=");
    const value = Number(text);
    if (name !== "" && text !== "" && Number.isFinite(value)) found[name] = value;
  }
  return found;
}

function change(name: string, text: string): void {
  const rest = query.value.getAll("set").filter((each) => !each.startsWith(`${name}=`));
  const value = Number(text);
  go(withParts({ set: text.trim() === "" || !Number.isFinite(value) ? rest : [...rest, `${name}=${String(value)}`] }), "replace");
}

function time(name: "from" | "to"): number | null {
  const value = Number(query.value.get(name));
  return query.value.get(name) !== null && Number.isFinite(value) && value > 0 ? value : null;
}

function hoursBack(): number {
  const asked = Number(query.value.get("hours"));
  return WINDOWS_H.find((each) => each === asked) ?? 24;
}

/** Evenly spaced values, the ends included. */
export function spaced(low: number, high: number, steps: number): readonly number[] {
  return Array.from({ length: steps }, (_, n) => Number((low + ((high - low) * n) / (steps - 1)).toPrecision(8)));
}

function Settings(props: { rule: RuleOverview | undefined }): JSX.Element | null {
  const settings = numeric(props.rule);
  if (settings.length === 0) return null;
  const changes = readChanges();
  return (
    <fieldset class="choices">
      <legend>{t("backtests.settings")}</legend>
      <div class="ask-settings">
        {settings.map(([name, value]) => (
          <label key={name}>
            {name}
            <input
              type="number"
              step="any"
              placeholder={plain(value)}
              value={changes[name] === undefined ? "" : String(changes[name])}
              onChange={(event) => {
                change(name, event.currentTarget.value);
              }}
            />
          </label>
        ))}
      </div>
      <p class="quiet">{t("backtests.settings_hint")}</p>
    </fieldset>
  );
}

function Window(): JSX.Element {
  const fromMs = time("from");
  const toMs = time("to");
  const free = fromMs !== null && toMs !== null;
  const wall = (name: "from" | "to", label: Key, value: number): JSX.Element => (
    <label>
      {t(label)}
      <input
        type="datetime-local"
        value={zone.value.local(value).slice(0, 16)}
        onChange={(event) => {
          const at = zone.value.moment(event.currentTarget.value);
          if (!Number.isNaN(at)) go(withParts({ [name]: [String(Math.round(at))] }), "replace");
        }}
      />
    </label>
  );
  const now = serverClock.now();
  const end = toMs ?? now;
  return (
    <div class="ask-row">
      <span class="quiet">{t("backtests.window")}</span>
      <nav class="segments" aria-label={t("backtests.window")}>
        {WINDOWS_H.map((each) => (
          <a
            key={each}
            href={withParts({ hours: [String(each)], from: [], to: [] })}
            aria-current={!free && each === hoursBack() ? "true" : undefined}
          >
            {age(each * HOUR_MS)}
          </a>
        ))}
      </nav>
      {free ? (
        <>
          {wall("from", "backtests.from", fromMs)}
          {wall("to", "backtests.to", end)}
        </>
      ) : (
        <a
          class="button"
          href={withParts({ from: [String(Math.round(now - hoursBack() * HOUR_MS))], to: [String(Math.round(now))] })}
        >
          {t("backtests.from")} – {t("backtests.to")}
        </a>
      )}
    </div>
  );
}

function Variations(props: { rule: RuleOverview | undefined }): JSX.Element {
  const sweep = SWEEPS.find((each) => each === query.value.get("sweep")) ?? "none";
  const settings = numeric(props.rule);
  const part = (name: string, label: Key, kind: "number" | "steps"): JSX.Element => (
    <label>
      {t(label)}
      <input
        type="number"
        step={kind === "steps" ? 1 : "any"}
        min={kind === "steps" ? 2 : undefined}
        max={kind === "steps" ? MOST_VALUES : undefined}
        value={query.value.get(name) ?? ""}
        onChange={(event) => {
          const text = event.currentTarget.value;
          go(withParts({ [name]: text === "" ? [] : [text] }), "replace");
        }}
      />
    </label>
  );
  return (
    <div class="ask-row">
      <label>
        {t("backtests.sweep")}
        <select
          value={sweep}
          onChange={(event) => {
            go(withParts({ sweep: event.currentTarget.value === "none" ? [] : [event.currentTarget.value] }), "replace");
          }}
        >
          {SWEEPS.map((each) => (
            <option key={each} value={each}>
              {t(`backtests.sweep.${each}`)}
            </option>
          ))}
        </select>
      </label>
      {sweep === "parameter" ? (
        <>
          <label>
            {t("backtests.parameter")}
            <select
              value={query.value.get("parameter") ?? ""}
              onChange={(event) => {
                go(withParts({ parameter: [event.currentTarget.value] }), "replace");
              }}
            >
              <option value="">{t("value.none")}</option>
              {settings.map(([name]) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {part("low", "backtests.low", "number")}
          {part("high", "backtests.high", "number")}
          {part("steps", "backtests.steps", "steps")}
        </>
      ) : null}
    </div>
  );
}

/** What the address asks for, or what is wrong with it. */
function asked(rule: RuleOverview | undefined): Asked | Key {
  if (rule === undefined) return "backtests.need_rule";
  const toMs = time("to") ?? Math.round(serverClock.now());
  const fromMs = time("from") ?? toMs - hoursBack() * HOUR_MS;
  if (!(fromMs < toMs)) return "backtests.need_range";
  const sweep = SWEEPS.find((each) => each === query.value.get("sweep")) ?? "none";
  const parameter = sweep === "parameter" ? (query.value.get("parameter") ?? "") : "";
  let values: readonly number[] = [];
  if (sweep === "parameter") {
    const [low, high, steps] = ["low", "high", "steps"].map((name) => Number(query.value.get(name) ?? NaN)) as [number, number, number];
    const fits = Number.isFinite(low) && Number.isFinite(high) && low !== high && Number.isInteger(steps) && steps >= 2;
    if (!fits || steps > MOST_VALUES || parameter === "") return "backtests.need_values";
    values = spaced(low, high, steps);
  }
  return { rule: rule.id, changes: readChanges(), fromMs, toMs, sweep, parameter, values };
}

export function Ask(props: { rules: readonly RuleOverview[]; started: (id: string) => void }): JSX.Element {
  const sending = useMemo(() => signal(false), []);
  const mistake = useMemo(() => signal(""), []);
  const chosen = props.rules.find((each) => each.id === query.value.get("rule"));
  const submit = async (): Promise<void> => {
    const wish = asked(chosen);
    mistake.value = typeof wish === "string" ? t(wish) : "";
    if (typeof wish === "string") return;
    sending.value = true;
    try {
      props.started((await startBacktest(wish)).id);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      mistake.value = error.message;
    } finally {
      sending.value = false;
    }
  };
  return (
    <form
      class="panel ask"
      aria-label={t("backtests.ask")}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (phase.value === "live" && !sending.value) void submit();
      }}
    >
      <div class="ask-row">
        <label>
          {t("backtests.rule")}
          <select
            value={chosen?.id ?? ""}
            onChange={(event) => {
              go(withParts({ rule: [event.currentTarget.value], set: [], parameter: [] }), "replace");
            }}
          >
            <option value="">{t("backtests.choose")}</option>
            {props.rules.map((each) => (
              <option key={each.id} value={each.id}>
                {each.id}: {each.title}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Settings rule={chosen} />
      <Window />
      <Variations rule={chosen} />
      {mistake.value === "" ? null : (
        <p class="mistake" role="alert">
          {mistake.value}
        </p>
      )}
      {phase.value === "live" ? null : <p class="note">{t("backtests.disconnected")}</p>}
      <div class="buttons">
        <button type="submit" class="button" disabled={phase.value !== "live" || sending.value}>
          {t(sending.value ? "backtests.starting" : "backtests.start")}
        </button>
      </div>
    </form>
  );
}
