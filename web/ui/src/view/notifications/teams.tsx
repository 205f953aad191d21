/** Teams, who is on duty now and after that, and whom they climb to. */

import type { JSX } from "preact";
import { teams, type Duty, type Team } from "../../data/rest/notify.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { waiting } from "../health/table.tsx";

const REFRESH_MS = 60_000;

const moment = (ms: number): string => `${zone.value.format(ms, "day")} ${zone.value.format(ms, "minutes")}`;

function OnDuty(props: { label: string; duty: Duty; next?: boolean }): JSX.Element {
  const { duty } = props;
  const until = duty.until_ms === null ? t("notify.always") : t("notify.until", { time: moment(duty.until_ms) });
  return (
    <div>
      <dt>{props.label}</dt>
      <dd>
        <strong>{duty.people.join(", ")}</strong> {t(`notify.how.${duty.how}`)}
        <span class="quiet">
          {" "}
          {props.next === true ? t("notify.from", { time: moment(duty.start_ms) }) : until}
        </span>
      </dd>
    </div>
  );
}

function TeamCard(props: { team: Team }): JSX.Element {
  const { team } = props;
  return (
    <article class="team" data-team={team.name}>
      <h3>{team.title}</h3>
      <dl>
        <OnDuty label={t("notify.now")} duty={team.now} />
        {team.next === null ? null : <OnDuty label={t("notify.next")} duty={team.next} next />}
        <div>
          <dt>{t("notify.looks_after")}</dt>
          <dd>{team.zones.length === 0 ? t("notify.whole_plant") : team.zones.join(", ")}</dd>
        </div>
        {team.supervisors.length === 0 ? null : (
          <div>
            <dt>{t("notify.supervisors")}</dt>
            <dd>{team.supervisors.join(", ")}</dd>
          </div>
        )}
        {team.managers.length === 0 ? null : (
          <div>
            <dt>{t("notify.managers")}</dt>
            <dd>{team.managers.join(", ")}</dd>
          </div>
        )}
      </dl>
      {team.unreachable.length === 0 ? null : (
        <p class="quiet">{t("notify.unreachable", { people: team.unreachable.join(", ") })}</p>
      )}
    </article>
  );
}

export function Teams(): JSX.Element {
  const resource = useResource(teams, [], REFRESH_MS);
  const heading = t("notify.teams");
  const pending = waiting(heading, resource.state.value, () => void resource.load());
  if (pending !== null) return pending;
  const found = resource.value ?? [];
  return (
    <section class="panel" aria-label={heading} data-section="teams">
      <h2>{heading}</h2>
      {found.length === 0 ? <p class="quiet">{t("notify.no_teams")}</p> : null}
      <div class="team-cards">
        {found.map((team) => (
          <TeamCard key={team.name} team={team} />
        ))}
      </div>
    </section>
  );
}
