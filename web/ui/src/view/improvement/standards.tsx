/** Standard times that measured cycles contradict: approved by somebody else than who proposed them, or set aside. */

import type { JSX } from "preact";
import { decideStandard, lookForStandards, proposals, type Proposal } from "../../data/rest/improvement.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { number, percent } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

export function StandardsPart(): JSX.Element {
  const held = useResource(proposals, [], 30_000);
  const told = useTold();
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={3} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const decide = (of: Proposal, approve: boolean) => async (): Promise<string> => {
    await decideStandard(of.proposed, approve);
    await held.load();
    return t("improvement.saved");
  };
  return (
    <section class="panel" tabIndex={0} aria-label={t("improvement.standards")} data-section="standards">
      {may("standard_time.propose") ? (
        <div class="acts">
          <Act
            told={told}
            label={t("improvement.look")}
            work={async () => {
              const made = await lookForStandards();
              await held.load();
              return t("improvement.looked", { count: made.items.length });
            }}
          />
        </div>
      ) : null}
      {state.value.length === 0 ? <Empty title={t("improvement.no_times")} next={t("improvement.no_times_next")} /> : null}
      {state.value.length === 0 ? null : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("improvement.step")}</th>
              {(["now", "measured", "change"] as const).map((each) => (
                <th key={each} scope="col" class="num">
                  {t(`improvement.${each}`)}
                </th>
              ))}
              <th scope="col">{t("improvement.evidence")}</th>
            </tr>
          </thead>
          <tbody>
            {state.value.map((each) => {
              const { proposed } = each;
              const name = `${proposed.product} ${proposed.op} ${proposed.machine}`;
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="num">{number(each.current_s, 1)} s</td>
                  <td class="num">{number(proposed.run_s, 1)} s</td>
                  <td class="num">{percent(each.change, 1)}</td>
                  <td>
                    {t("improvement.evidence_of", { cycles: proposed.cycles, jobs: proposed.jobs.length, low: number(each.low, 1), high: number(each.high, 1) })}
                    <span class="sub">{t("improvement.proposer", { by: each.by })}</span>
                    {may("standard_time.approve") ? (
                      <div class="acts">
                        <Act told={told} label={t("improvement.approve_time", { name })} work={decide(each, true)} />
                        <Act told={told} label={t("improvement.refuse_time", { name })} work={decide(each, false)} />
                      </div>
                    ) : null}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <Said told={told} />
    </section>
  );
}
