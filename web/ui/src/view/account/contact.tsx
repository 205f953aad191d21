/** How one wants to be told: addresses, quiet hours, digest; kept by version, so that two pages do not overwrite. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import {
  ownChannels,
  ownContact,
  saveContact,
  testOwn,
  type Channel,
  type Contact,
  type Quiet,
} from "../../data/rest/notify.ts";
import { waiting } from "../health/table.tsx";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { tell } from "../people/quick.tsx";
import { QuietHours } from "./quiet.tsx";

const SEVERITIES = ["P1", "P2", "P3", "P4"] as const;
const MILDER = ["P2", "P3", "P4"] as const;

interface Loaded {
  readonly contact: Contact;
  readonly ways: readonly Channel[];
}

async function load(): Promise<Loaded> {
  const [contact, ways] = await Promise.all([ownContact(), ownChannels()]);
  return { contact, ways };
}

function Choice(props: {
  id: string;
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  set: (value: string) => void;
}): JSX.Element {
  return (
    <p class="field">
      <label for={props.id}>{props.label}</label>
      <select
        id={props.id}
        value={props.value}
        onChange={(event) => {
          props.set(event.currentTarget.value);
        }}
      >
        {props.options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </p>
  );
}

function Entry(props: {
  id: string;
  label: string;
  value: string;
  type?: "text" | "time";
  hint?: string;
  set: (value: string) => void;
}): JSX.Element {
  const common = {
    id: props.id,
    value: props.value,
    maxLength: 254,
    autocomplete: "off",
    placeholder: props.hint,
  } as const;
  return (
    <p class="field">
      <label for={props.id}>{props.label}</label>
      {props.type === "time" ? (
        <input
          {...common}
          type="time"
          onInput={(event) => {
            props.set(event.currentTarget.value);
          }}
        />
      ) : (
        <input
          {...common}
          type="text"
          onInput={(event) => {
            props.set(event.currentTarget.value);
          }}
        />
      )}
    </p>
  );
}

function Ways(props: { draft: Signal<Contact>; ways: readonly Channel[]; test: (name: string) => void }): JSX.Element {
  const { draft } = props;
  return (
    <>
      {props.ways.length === 0 ? <p class="quiet">{t("account.no_channels")}</p> : null}
      {props.ways.map((way) => (
        <div key={way.name} class="way">
          <Entry
            id={`address-${way.name}`}
            label={t("account.address", { name: way.name })}
            value={draft.value.addresses[way.name] ?? ""}
            hint={way.address_hint}
            set={(value) => {
              draft.value = { ...draft.value, addresses: { ...draft.value.addresses, [way.name]: value.trim() } };
            }}
          />
          <button
            type="button"
            class="button"
            onClick={() => {
              props.test(way.name);
            }}
          >
            {t("account.test", { name: way.name })}
          </button>
        </div>
      ))}
    </>
  );
}

export function ContactForm(): JSX.Element {
  const resource = useResource(load, []);
  const draft = useMemo(() => signal<Contact | null>(null), []);
  const told = useMemo(() => signal(""), []);
  const fetched = resource.value;
  useEffect(() => {
    if (fetched !== null && draft.peek() === null) draft.value = fetched.contact;
  }, [fetched]);
  const heading = t("account.told");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  const contact = draft.value;
  if (pending !== null || contact === null || fetched === null) return pending ?? <section class="panel" />;
  const set = (part: Partial<Contact>): void => {
    draft.value = { ...contact, ...part };
  };
  const save = (): void => {
    void tell(told, async () => {
      const { person: _person, ...rest } = contact;
      draft.value = await saveContact(rest);
      return t("account.saved");
    });
  };
  const test = (name: string): void => {
    void tell(told, async () => {
      const done = await testOwn(name);
      return done.state === "sent"
        ? t("notify.tested.sent", { name })
        : t("notify.tested.failed", { name, error: done.error });
    });
  };
  return (
    <section class="panel" aria-label={heading} data-section="contact">
      <h2>{heading}</h2>
      <p class="quiet">{t("account.page_note")}</p>
      <form
        class="contact"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <Ways draft={draft as Signal<Contact>} ways={fetched.ways} test={test} />
        <QuietHours
          quiet={contact.quiet}
          set={(quiet: readonly Quiet[]) => {
            set({ quiet });
          }}
        />
        <div class="contact-row">
          <Choice
            id="break-through"
            label={t("account.break_through")}
            value={contact.break_through}
            options={SEVERITIES.map((each) => [each, t(`account.worse.${each}`)] as const)}
            set={(value) => {
              set({ break_through: value });
            }}
          />
          <Entry
            id="zone-of-quiet"
            label={t("account.zone")}
            value={contact.time_zone}
            hint={t("account.zone_hint")}
            set={(value) => {
              set({ time_zone: value.trim() });
            }}
          />
        </div>
        <div class="contact-row">
          <Choice
            id="digest-from"
            label={t("account.digest_from")}
            value={contact.digest_from}
            options={[["", t("account.milder.none")], ...MILDER.map((each) => [each, t(`account.milder.${each}`)] as const)]}
            set={(value) => {
              set({ digest_from: value });
            }}
          />
          <Entry
            id="digest-at"
            label={t("account.digest_at")}
            value={contact.digest_at}
            type="time"
            set={(value) => {
              set({ digest_at: value });
            }}
          />
        </div>
        <div class="buttons">
          <button type="submit" class="button">
            {t("account.save")}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              test("screen");
            }}
          >
            {t("account.test_page")}
          </button>
        </div>
        <p role="status" class="told">
          {told.value}
        </p>
      </form>
    </section>
  );
}
