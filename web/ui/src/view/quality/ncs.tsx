/** Nonconformances: what is suspect, what is proposed, who signed, what came of it. */

import type { JSX } from "preact";
import { closeNc, ncs, proposeNc, returnNc, signNc, type Nc } from "../../data/rest/quality.ts";
import { withParts } from "../frame/router.ts";
import { t, tOr } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold, type Told } from "../parts/act.tsx";
import { Ask, AskWhy } from "../parts/ask.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { clock, short } from "./words.ts";

const WAYS = ["use-as-is", "rework", "scrap", "return"] as const;

interface Acting {
  readonly nc: Nc;
  readonly told: Told;
  readonly reload: () => Promise<void>;
}

function Propose(props: Acting): JSX.Element {
  const { nc, told } = props;
  return (
    <Ask
      told={told}
      button={t("quality.propose")}
      work={async (answer) => {
        await proposeNc(nc.number, answer("disposition"), answer("reason"), nc.version);
        await props.reload();
        return t("quality.saved");
      }}
    >
      <label>
        {t("quality.disposition")}
        <select name="disposition">
          {WAYS.map((each) => (
            <option key={each} value={each}>
              {t(`quality.disposition.${each}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("quality.reason")}
        <input name="reason" required minLength={3} maxLength={1000} autocomplete="off" />
      </label>
    </Ask>
  );
}

function Decide(props: Acting): JSX.Element {
  const { nc, told } = props;
  return (
    <div class="acts">
      <Act
        told={told}
        label={t("quality.sign_nc")}
        work={async () => {
          await signNc(nc.number, nc.version);
          await props.reload();
          return t("quality.saved");
        }}
      />
      <AskWhy
        told={told}
        label={t("quality.give_back")}
        reason={t("quality.reason")}
        work={async (why) => {
          await returnNc(nc.number, why, nc.version);
          await props.reload();
          return t("quality.saved");
        }}
      />
    </div>
  );
}

function Close(props: Acting): JSX.Element {
  const { nc, told } = props;
  return (
    <Ask
      told={told}
      button={t("quality.close")}
      work={async (answer) => {
        await closeNc(nc.number, Number(answer("good")), Number(answer("scrapped")), nc.version);
        await props.reload();
        return t("quality.saved");
      }}
    >
      {(["good", "scrapped"] as const).map((name) => (
        <label key={name}>
          {t(`quality.${name}`)}
          <input name={name} type="number" min="0" step="1" required inputMode="numeric" />
        </label>
      ))}
    </Ask>
  );
}

function Suspect(props: { readonly nc: Nc }): JSX.Element {
  const { suspects } = props.nc;
  return (
    <>
      <p>{t("quality.suspect", { pieces: number(suspects.pieces), from: clock(suspects.from_ms), to: clock(suspects.to_ms) })}</p>
      <ul>
        {suspects.lots.map((each) => (
          <li key={each.lot}>
            {each.lot === "" ? (
              t("quality.suspect_no_lot", { pieces: number(each.pieces) })
            ) : (
              <a href={withParts({ part: ["trace"], kind: ["lot"], id: [each.lot], way: ["to"] })}>{t("quality.suspect_lot", { ...each, pieces: number(each.pieces) })}</a>
            )}
          </li>
        ))}
      </ul>
      {suspects.materials.length === 0 ? null : (
        <p class="quiet">
          {t("quality.with", { list: suspects.materials.map(([material, lot]) => t("quality.suspect_material", { material, lot })).join(", ") })}
        </p>
      )}
    </>
  );
}

function Card(props: { readonly nc: Nc; readonly reload: () => Promise<void> }): JSX.Element {
  const { nc } = props;
  const told = useTold();
  const all = { nc, told, reload: props.reload };
  return (
    <article class="panel" data-nc={nc.number} data-state={nc.state}>
      <h2>
        {t("quality.nc", { number: nc.number })} <span class="quiet">{tOr(`quality.nc_state.${nc.state}`, nc.state)}</span>
      </h2>
      <p>
        <strong>{nc.title}</strong> <span class="quiet">{`${short(nc.machine)}, ${clock(nc.opened_ms)}, ${t(nc.gate === "hard" ? "quality.hard" : "quality.soft")}`}</span>
      </p>
      <Suspect nc={nc} />
      {nc.disposition === null ? (
        nc.reason === "" ? null : <p>{nc.reason}</p>
      ) : (
        <p>{t("quality.proposed", { disposition: tOr(`quality.disposition.${nc.disposition}`, nc.disposition), by: nc.proposer, reason: nc.reason })}</p>
      )}
      {nc.signatures.map((each) => (
        <p key={each.role}>{t("quality.signed", { by: each.by, role: tOr(`people.role.${each.role}`, each.role) })}</p>
      ))}
      {nc.needs.length === 0 ? null : <p>{t("quality.needs", { roles: nc.needs.map((each) => tOr(`people.role.${each}`, each)).join(", ") })}</p>}
      {nc.outcome.good === undefined ? null : <p>{t("quality.outcome", { good: number(nc.outcome.good), scrapped: number(nc.outcome.scrapped ?? 0) })}</p>}
      {nc.state === "open" && may("disposition.propose") ? <Propose {...all} /> : null}
      {nc.state === "proposed" && may("disposition.approve") ? <Decide {...all} /> : null}
      {nc.state === "decided" && may("disposition.propose") ? <Close {...all} /> : null}
      <Said told={told} />
    </article>
  );
}

export function NcsPart(): JSX.Element {
  const held = useResource(ncs, [], 3_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  if (state.value.length === 0) return <Empty title={t("quality.no_ncs")} next={t("quality.no_ncs_next")} />;
  return (
    <div class="panels">
      {state.value.map((each) => (
        <Card key={each.number} nc={each} reload={() => held.load()} />
      ))}
    </div>
  );
}
