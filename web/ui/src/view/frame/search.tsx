/** Finds pages, lines, machines, signals, issues and alarms by any part of their names. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { signals } from "../../data/rest/api.ts";
import type { Column } from "../../data/live/protocol.ts";
import { t } from "../i18n/index.ts";
import { alarmsOnce, openAlarms } from "../live/open-alarms.ts";
import { openIssues } from "../live/issues.ts";
import { who } from "../live/who.ts";
import { PLACES } from "./places.ts";
import { go, lineUrl, machineUrl } from "./router.ts";

const SHOWN = 16;
const OF_A_KIND = 6;

interface Hit {
  readonly kind: string;
  readonly text: string;
  readonly url: string;
}

const text = signal("");
const known = signal<readonly Column[]>([]);
const chosen = signal(0);
const open = signal(false);

function fits(name: string, words: readonly string[]): boolean {
  const low = name.toLowerCase();
  return words.every((word) => low.includes(word));
}

function find(query: string): Hit[] {
  const words = query.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) return [];
  const machines = [...new Set(known.value.map((column) => column.machine))];
  const lines = [...new Set(machines.map((machine) => machine.slice(0, machine.lastIndexOf("/"))))];
  return [
    ...PLACES.filter((place) => place.right === undefined || who.value === null || who.value.rights.includes(place.right))
      .map((place) => ({ kind: t("search.page"), text: t(place.title), url: place.at }))
      .filter((hit) => fits(hit.text, words)),
    ...lines.filter((line) => fits(line, words)).map((line) => ({ kind: t("search.line"), text: line, url: lineUrl(line) })),
    ...machines
      .filter((machine) => fits(machine, words))
      .map((machine) => ({ kind: t("search.machine"), text: machine, url: machineUrl(machine) })),
    ...(openAlarms.value ?? [])
      .filter((alarm) => fits(`${alarm.title} ${alarm.signal}`, words))
      .map((alarm) => ({ kind: t("search.alarm"), text: `${alarm.title} · ${alarm.asset}`, url: machineUrl(alarm.asset) })),
    ...(openIssues.value ?? [])
      .filter((issue) => fits(`${String(issue.number)} ${issue.title} ${issue.asset}`, words))
      .map((issue) => ({
        kind: t("search.issue"),
        text: `${String(issue.number)} ${issue.title}`,
        url: `/issues/${String(issue.number)}`,
      })),
    ...known.value
      .filter((column) => fits(column.path, words))
      .map((column) => ({
        kind: t("search.signal"),
        text: column.path,
        url: `${machineUrl(column.machine)}?signal=${encodeURIComponent(column.name)}`,
      })),
  ];
}

/** Each kind keeps a few places, so that hundreds of signals do not push one issue out. */
function few(hits: readonly Hit[]): Hit[] {
  const taken = new Map<string, number>();
  return hits
    .filter((hit) => {
      const count = (taken.get(hit.kind) ?? 0) + 1;
      taken.set(hit.kind, count);
      return count <= OF_A_KIND;
    })
    .slice(0, SHOWN);
}

async function learn(): Promise<void> {
  open.value = true;
  alarmsOnce();
  try {
    known.value = await signals();
  } catch (error) {
    // What was known stays searchable; the banner says that the gateway does not answer.
    console.info("search: no signals", error);
  }
}

function leave(input: HTMLInputElement | null): void {
  open.value = false;
  text.value = "";
  input?.blur();
}

function onKey(event: KeyboardEvent, hits: readonly Hit[], input: HTMLInputElement | null): void {
  if (event.key === "Escape") leave(input);
  else if (event.key === "ArrowDown") chosen.value = Math.min(chosen.value + 1, hits.length - 1);
  else if (event.key === "ArrowUp") chosen.value = Math.max(chosen.value - 1, 0);
  else if (event.key === "Enter") {
    const hit = hits[chosen.value];
    if (hit === undefined) return;
    leave(input);
    go(hit.url);
  } else return;
  event.preventDefault();
}

function Hits(props: { hits: readonly Hit[]; input: HTMLInputElement | null }): JSX.Element {
  return (
    <ul id="search-hits" class="search-hits" role="listbox" aria-label={t("search.label")}>
      {props.hits.map((hit, i) => (
        <li
          key={`${hit.kind} ${hit.text}`}
          id={`hit-${String(i)}`}
          role="option"
          aria-selected={i === chosen.value}
          onPointerDown={(event) => {
            event.preventDefault();
            leave(props.input);
            go(hit.url);
          }}
        >
          <span class="search-kind">{hit.kind}</span>
          <span class="search-text">{hit.text}</span>
        </li>
      ))}
    </ul>
  );
}

export function Search(): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const hits = few(find(text.value));
  const shown = open.value && text.value.trim() !== "";
  useEffect(() => {
    chosen.value = 0;
  }, [text.value]);
  return (
    <div class="search" role="search">
      <input
        id="search"
        ref={input}
        type="text"
        role="combobox"
        autocomplete="off"
        placeholder={t("search.placeholder")}
        aria-label={t("search.label")}
        aria-expanded={shown && hits.length > 0}
        aria-controls="search-hits"
        aria-activedescendant={shown && hits.length > 0 ? `hit-${String(chosen.value)}` : undefined}
        value={text.value}
        onFocus={() => void learn()}
        onBlur={() => (open.value = false)}
        onInput={(event) => (text.value = event.currentTarget.value)}
        onKeyDown={(event) => {
          onKey(event, hits, input.current);
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      {shown && hits.length > 0 ? <Hits hits={hits} input={input.current} /> : null}
      {shown && hits.length === 0 ? (
        <p class="search-hits search-none" role="status">
          {t("search.none", { query: text.value.trim() })}
        </p>
      ) : null}
    </div>
  );
}

export function focusSearch(): void {
  document.getElementById("search")?.focus();
}
