/** Displays, browsers on a wall that draw one page and may do nothing else; and tokens of services. */

import { signal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { addDisplay, addService, revoke, tokens, type Token } from "../../data/rest/people.ts";
import { t } from "../i18n/index.ts";
import { serverClock, zone } from "../live/session.ts";
import { Field, text } from "../sign-in/form.tsx";
import { GrantFields, grantOf } from "./grant.tsx";
import { Quick, tell } from "./quick.tsx";

const SERVICE_ROLES = ["machine", "viewer", "operator", "supervisor", "maintenance", "quality", "production_manager"] as const;

function ended(token: Token): boolean {
  return token.revoked_ms !== null || token.expires_ms <= serverClock.now();
}

interface TableProps {
  readonly rows: readonly Token[];
  readonly may: boolean;
  readonly heading: string;
  readonly what: (token: Token) => string;
  readonly end: (token: Token) => void;
}

function Table(props: TableProps): JSX.Element {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t("sign_in.name")}</th>
          <th scope="col">{props.heading}</th>
          <th scope="col">{t("people.until")}</th>
          {props.may ? <th scope="col">{t("people.actions")}</th> : null}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((each) => (
          <tr key={each.id} data-token={each.name}>
            <td>{each.name}</td>
            <td>{props.what(each)}</td>
            <td>{ended(each) ? t("people.ended") : zone.value.format(each.expires_ms, "full")}</td>
            {props.may ? (
              <td>
                {ended(each) ? null : (
                  <button
                    type="button"
                    class="button"
                    onClick={() => {
                      props.end(each);
                    }}
                  >
                    {t("people.revoke", { name: each.name })}
                  </button>
                )}
              </td>
            ) : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The roles of a service, and the few rights it is narrowed to. */
const scope = (token: Token): string =>
  token.rights === null ? token.grants.join(", ") : t("people.only", { grants: token.grants.join(", "), rights: token.rights.join(", ") });

function NewService(props: { readonly told: Signal<string>; readonly load: () => Promise<string> }): JSX.Element {
  return (
    <Quick
      button={t("people.add_service")}
      told={props.told}
      send={async (values) => {
        const rights = text(values, "service-rights").split(/[\s,]+/).filter((each) => each !== "");
        const made = await addService({
          name: text(values, "service"),
          grants: [grantOf(values, "service")],
          rights: rights.length === 0 ? null : rights,
          lifetime_days: Number(text(values, "service-days")),
        });
        await props.load();
        return t("people.secret", { secret: made.secret ?? "" });
      }}
    >
      <Field id="service" label={t("sign_in.name")} type="text" autocomplete="off" />
      <GrantFields of="service" roles={SERVICE_ROLES} />
      <p class="field">
        <label for="service-rights">{t("people.rights")}</label>
        <input id="service-rights" name="service-rights" type="text" autocomplete="off" maxLength={1000} aria-describedby="service-rights-hint" />
        <span id="service-rights-hint" class="note">
          {t("people.rights_hint")}
        </span>
      </p>
      <p class="field">
        <label for="service-days">{t("people.days")}</label>
        <input id="service-days" name="service-days" type="number" min={1} max={366} step={1} value={90} required />
      </p>
    </Quick>
  );
}

export function Displays(props: { readonly may: boolean }): JSX.Element {
  const rows = useMemo(() => signal<readonly Token[]>([]), []);
  const told = useMemo(() => signal(""), []);
  const toldOfServices = useMemo(() => signal(""), []);
  const load = async (): Promise<string> => {
    rows.value = await tokens();
    return "";
  };
  useEffect(() => {
    void tell(told, load);
  }, []);
  const ending = (at: Signal<string>) => (token: Token) => {
    void tell(at, async () => {
      await revoke(token.id);
      return load();
    });
  };
  const of = (kind: Token["kind"]): readonly Token[] => rows.value.filter((each) => each.kind === kind);
  return (
    <>
      <section class="panel">
        <h2>{t("people.displays")}</h2>
        <Table rows={of("display")} may={props.may} heading={t("people.page")} what={(each) => each.page} end={ending(told)} />
        {props.may ? (
          <Quick
            button={t("people.add_display")}
            told={told}
            send={async (values) => {
              const made = await addDisplay(text(values, "display"), text(values, "page").trim());
              await load();
              return t("people.open", { address: `${location.origin}/setup#${made.secret ?? ""}` });
            }}
          >
            <Field id="display" label={t("sign_in.name")} type="text" autocomplete="off" />
            <Field id="page" label={t("people.page")} type="text" autocomplete="off" hint={t("people.page_hint")} />
          </Quick>
        ) : null}
      </section>
      <section class="panel" data-section="services">
        <h2>{t("people.services")}</h2>
        <Table rows={of("service")} may={props.may} heading={t("people.scope")} what={scope} end={ending(toldOfServices)} />
        {props.may ? <NewService told={toldOfServices} load={load} /> : null}
      </section>
    </>
  );
}
