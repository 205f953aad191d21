/** Who did what, when and with which outcome; exported, and verified on demand. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { auditFile, auditPage, verification, type AuditEntry } from "../../data/rest/audit.ts";
import type { Query } from "../../data/rest/request.ts";
import { go, query } from "../frame/router.ts";
import { t, tOr, type Key } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { phase, zone } from "../live/session.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import "./audit.css";

const ROWS = 100;
const FIELDS = ["actor", "action", "text", "from", "to"] as const;
const OUTCOMES = ["asked", "ok", "refused", "failed", "unknown"] as const;

/** What the address asks for: a link to it shows the same again. */
function wish(): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of [...FIELDS, "outcome", "before"]) {
    const value = query.value.get(name) ?? "";
    if (value !== "") found[name] = value;
  }
  return found;
}

function asked(given: Record<string, string>): Query {
  const times: Record<string, string> = {};
  for (const name of ["from", "to"]) {
    const wall = given[name];
    if (wall !== undefined) times[name] = String(zone.value.moment(wall));
  }
  return { ...given, ...times };
}

function show(given: Record<string, string>): void {
  const parts = new URLSearchParams(given).toString();
  go(parts === "" ? "/audit" : `/audit?${parts}`);
}

const common = (name: string, given: Record<string, string>) =>
  ({ id: `audit-${name}`, name, autocomplete: "off", maxLength: 200, defaultValue: given[name] ?? "" }) as const;

function Search(props: { given: Record<string, string> }): JSX.Element {
  const { given } = props;
  return (
    <form
      class="panel audit-search"
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const next: Record<string, string> = {};
        for (const [name, value] of values) if (typeof value === "string" && value.trim() !== "") next[name] = value.trim();
        show(next);
      }}
    >
      {FIELDS.map((name) => {
        const timed = name === "from" || name === "to";
        return (
          <p class="field" key={name}>
            <label for={`audit-${name}`}>{t(`audit.${name}`)}</label>
            {timed ? (
              <input {...common(name, given)} type="datetime-local" title={t("audit.time_hint", { zone: zone.value.name })} />
            ) : (
              <input {...common(name, given)} type="text" />
            )}
          </p>
        );
      })}
      <p class="field">
        <label for="audit-outcome">{t("audit.outcome")}</label>
        <select id="audit-outcome" name="outcome">
          <option value="">{t("audit.outcome.any")}</option>
          {OUTCOMES.map((each) => (
            <option key={each} value={each} selected={given["outcome"] === each}>
              {t(`audit.outcome.${each}`)}
            </option>
          ))}
        </select>
      </p>
      <button type="submit" class="button">
        {t("audit.search")}
      </button>
    </form>
  );
}

function Verify(): JSX.Element {
  const told = useMemo(() => signal(""), []);
  const busy = useMemo(() => signal(false), []);
  const verify = async (): Promise<void> => {
    busy.value = true;
    told.value = t("audit.verifying");
    try {
      const found = await verification();
      told.value =
        found.fault === ""
          ? t(found.anchored ? "audit.good_anchored" : "audit.good", { entries: found.entries })
          : t("audit.bad", { seq: found.bad_seq ?? 0, fault: found.fault });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      told.value = t("audit.failed", { error: error.message });
    } finally {
      busy.value = false;
    }
  };
  return (
    <p class="audit-verify">
      <button type="button" class="button" disabled={busy.value || phase.value !== "live"} onClick={() => void verify()}>
        {t("audit.verify")}
      </button>
      <strong role="status">{told.value}</strong>
    </p>
  );
}

function Rows(props: { items: readonly AuditEntry[] }): JSX.Element {
  return (
    <div class="panel">
      <table class="audit-rows">
        <thead>
          <tr>
            {(["number", "time", "actor", "action", "outcome", "target", "address", "detail"] as const).map((each) => (
              <th key={each} scope="col">
                {t(`audit.${each}` as Key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.items.map((each) => (
            <tr key={each.seq} data-outcome={each.outcome}>
              <td>{each.seq}</td>
              <td>{zone.value.format(each.time_ms, "full")}</td>
              <td>{each.actor}</td>
              <td>{each.action}</td>
              <td>{tOr(`audit.outcome.${each.outcome}`, each.outcome)}</td>
              <td>{each.target}</td>
              <td>{each.address}</td>
              <td>
                <code>{each.detail}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function AuditPage(): JSX.Element {
  const given = wish();
  const wanted = asked(given);
  const key = JSON.stringify(wanted);
  const found = useResource(() => auditPage({ ...wanted, limit: ROWS }), [key]);
  const state = found.state.value;
  const { before: _before, ...all } = given;
  return (
    <>
      <div class="page-head">
        <h1>{t("audit.title")}</h1>
        <a class="button" href={auditFile(asked(all), "csv")} download>
          {t("audit.csv")}
        </a>
        <a class="button" href={auditFile(asked(all), "json")} download>
          {t("audit.json")}
        </a>
      </div>
      <Verify />
      <Search key={key} given={given} />
      {state.status === "loading" ? <Loading rows={6} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void found.load()} /> : null}
      {state.status === "ready" && state.value.items.length === 0 ? <Empty title={t("audit.none")} next={t("audit.none_next")} /> : null}
      {state.status === "ready" && state.value.items.length > 0 ? <Rows items={state.value.items} /> : null}
      {state.status === "ready" ? (
        <div class="buttons">
          {given["before"] === undefined ? null : (
            <button
              type="button"
              class="button"
              onClick={() => {
                show(all);
              }}
            >
              {t("audit.newest")}
            </button>
          )}
          {state.value.next_before === null ? null : (
            <button
              type="button"
              class="button"
              onClick={() => {
                show({ ...all, before: String(state.value.next_before) });
              }}
            >
              {t("audit.older")}
            </button>
          )}
        </div>
      ) : null}
    </>
  );
}
