/** The 8D form: one section a discipline, saved by section with the version that was seen. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { computeSuspect, edit, type Case, type FieldValue } from "../../../data/rest/cases.ts";
import { t, tOr, type Key } from "../../i18n/index.ts";
import { zone } from "../../live/session.ts";
import { who } from "../../live/who.ts";
import { Bones, Whys } from "./cause.tsx";
import { able, Labelled, localInput, Told, useSender } from "./parts.tsx";

type Kind = "text" | "line" | "time" | "number" | "whys" | "bones" | "method" | "category" | "severity";

interface Section {
  readonly title: Key;
  readonly fields: readonly (readonly [string, Kind])[];
}

const SECTIONS: readonly Section[] = [
  {
    title: "case.d1",
    fields: [
      ["owner", "line"],
      ["team", "line"],
      ["severity", "severity"],
      ["product", "line"],
    ],
  },
  {
    title: "case.d2",
    fields: (["what", "where", "when", "who", "why", "how", "how_many"] as const).map((each) => [`problem.${each}`, "text"]),
  },
  {
    title: "case.d3",
    fields: [
      ["containment.action", "text"],
      ["containment.from_ms", "time"],
      ["containment.to_ms", "time"],
      ["suspect.quantity", "number"],
      ["suspect.basis", "text"],
      ["containment.verified", "text"],
    ],
  },
  {
    title: "case.d4",
    fields: [
      ["cause.five_why", "whys"],
      ["cause.fishbone", "bones"],
      ["cause.occurrence", "text"],
      ["cause.escape", "text"],
      ["cause.category", "category"],
      ["cause.method", "method"],
      ["cause.verified", "text"],
    ],
  },
  { title: "case.d5", fields: [["plan.metric", "text"]] },
  { title: "case.d6", fields: [["implementation.change", "text"]] },
  {
    title: "case.d7",
    fields: [
      ["closing.similar", "text"],
      ["closing.standard", "text"],
      ["closing.lessons", "text"],
    ],
  },
];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  method: ["five_why", "fishbone", "data", "experiment", "other"],
  category: ["man", "machine", "material", "method", "measurement", "environment"],
  severity: ["P1", "P2", "P3", "P4"],
};

const label = (name: string): string => tOr(`field.${name}`, name);

function valueOf(of: Case, name: string): FieldValue | undefined {
  if (name === "owner") return of.issue.owner;
  if (name === "team") return of.issue.team;
  if (name === "severity") return of.issue.severity;
  return of.fields[name];
}

interface InputProps {
  readonly name: string;
  readonly kind: Kind;
  readonly value: FieldValue | null | undefined;
  readonly put: (value: FieldValue | null) => void;
}

function Input(props: InputProps): JSX.Element {
  const { name, kind, value, put } = props;
  const text = typeof value === "string" || typeof value === "number" ? String(value) : "";
  const choices = CHOICES[kind];
  if (kind === "whys") return <Whys label={label(name)} value={value} put={put} />;
  if (kind === "bones") return <Bones label={label(name)} value={value} put={put} />;
  if (choices !== undefined)
    return (
      <Labelled label={label(name)}>
        <select
          value={text}
          onChange={(event) => {
            put(event.currentTarget.value === "" ? null : event.currentTarget.value);
          }}
        >
          {kind === "severity" ? null : <option value="">{t("value.none")}</option>}
          {choices.map((each) => (
            <option key={each} value={each} selected={each === text}>
              {tOr(`choice.${each}`, each)}
            </option>
          ))}
        </select>
      </Labelled>
    );
  if (kind === "time")
    return (
      <Labelled label={typeof value === "number" ? `${label(name)} (${zone.value.format(value, "full")})` : label(name)}>
        <input
          type="datetime-local"
          value={typeof value === "number" ? localInput(value) : ""}
          onChange={(event) => {
            const ms = new Date(event.currentTarget.value).getTime();
            put(Number.isNaN(ms) ? null : ms);
          }}
        />
      </Labelled>
    );
  if (kind === "number")
    return (
      <Labelled label={label(name)}>
        <input
          inputMode="decimal"
          value={text}
          onChange={(event) => {
            const number = Number(event.currentTarget.value.replace(",", "."));
            put(event.currentTarget.value.trim() === "" || Number.isNaN(number) ? null : number);
          }}
        />
      </Labelled>
    );
  return (
    <Labelled label={label(name)}>
      {kind === "line" ? <input value={text} maxLength={64} onInput={(event) => { put(event.currentTarget.value); }} /> : <textarea rows={2} maxLength={4_000} value={text} onInput={(event) => { put(event.currentTarget.value); }} />}
    </Labelled>
  );
}

function Part(props: { of: Case; section: Section; wanted: ReadonlySet<string>; changed: () => void }): JSX.Element {
  const { of, section, wanted, changed } = props;
  const sender = useSender(changed);
  const drafts = useMemo(() => signal<Readonly<Record<string, FieldValue | null>>>({}), []);
  const seen = useMemo(() => ({ version: of.issue.version }), []);
  // What was typed is kept while others change the case; only its first change fixes the version that was seen.
  if (Object.keys(drafts.value).length === 0) seen.version = of.issue.version;
  const open = section.fields.some(([name]) => wanted.has(name) || name in drafts.value);
  const filled = section.fields.filter(([name]) => (valueOf(of, name) ?? "") !== "").length;
  const put = (name: string, value: FieldValue | null): void => {
    drafts.value = { ...drafts.value, [name]: value };
  };
  return (
    <details class="case-part" open={open}>
      <summary>
        {t(section.title)} <span class="quiet">{t("case.filled", { n: filled, of: section.fields.length })}</span>
      </summary>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const changes = drafts.value;
          if (Object.keys(changes).length === 0) return;
          void sender.send(() => edit(of.issue.number, seen.version, changes)).then((done) => {
            if (done) drafts.value = {};
          });
        }}
      >
        {section.title === "case.d1" && of.issue.owner === "" && who.value !== null ? (
          <button type="button" class="small-button" onClick={() => { put("owner", who.value?.name ?? ""); }}>
            {t("case.take")}
          </button>
        ) : null}
        {section.fields.map(([name, kind]) => (
          <Input
            key={name}
            name={name}
            kind={kind}
            value={name in drafts.value ? drafts.value[name] : valueOf(of, name)}
            put={(value) => {
              put(name, value);
            }}
          />
        ))}
        <Told of={sender} />
        <p class="buttons-row">
          <button type="submit" class="button" disabled={!able(sender) || Object.keys(drafts.value).length === 0}>
            {t("case.save")}
          </button>
          {section.title === "case.d3" ? (
            <button
              type="button"
              class="button"
              disabled={!able(sender)}
              onClick={() => void sender.send(() => computeSuspect(of.issue.number, of.issue.version))}
            >
              {t("case.compute_suspect")}
            </button>
          ) : null}
        </p>
      </form>
    </details>
  );
}

export function Form8D(props: { of: Case; changed: () => void }): JSX.Element {
  const { of, changed } = props;
  const wanted = new Set(of.moves.flatMap((move) => move.missing.map((each) => each.what)));
  return (
    <section class="panel" aria-label={t("case.form")}>
      <h2>{t("case.form")}</h2>
      {SECTIONS.map((section) => (
        <Part key={section.title} of={of} section={section} wanted={wanted} changed={changed} />
      ))}
    </section>
  );
}
