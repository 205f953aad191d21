/** Lots on machines: begun and ended by people where no job does it, and the material that goes into them. */

import type { JSX } from "preact";
import { beginLot, endLot, lots, mountMaterial } from "../../data/rest/quality.ts";
import { withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { Ask } from "../parts/ask.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { clock, short } from "./words.ts";

function Asking(props: { readonly reload: () => Promise<void> }): JSX.Element {
  const told = useTold();
  return (
    <section class="panel">
      <details>
        <summary class="button">{t("quality.begin")}</summary>
        <Ask
          told={told}
          button={t("quality.begin_lot")}
          work={async (answer) => {
            const lot = { lot: answer("lot"), machine: answer("machine"), product: answer("product") };
            await beginLot(answer("wanted") === "" ? lot : { ...lot, wanted: Number(answer("wanted")) });
            await props.reload();
            return t("quality.saved");
          }}
        >
          <label>
            {t("quality.lot_name")}
            <input name="lot" required maxLength={100} autocomplete="off" />
          </label>
          <label>
            {t("quality.machine")}
            <input name="machine" required maxLength={255} autocomplete="off" />
          </label>
          <label>
            {t("quality.product")}
            <input name="product" required maxLength={200} autocomplete="off" />
          </label>
          <label>
            {t("quality.wanted")}
            <input name="wanted" type="number" min="1" step="1" inputMode="numeric" />
          </label>
        </Ask>
      </details>
      <details>
        <summary class="button">{t("quality.mount")}</summary>
        <Ask
          told={told}
          button={t("quality.mount_it")}
          work={async (answer) => {
            await mountMaterial(answer("machine"), answer("material"), answer("lot"));
            return t("quality.saved");
          }}
        >
          {(["machine", "material", "lot"] as const).map((name) => (
            <label key={name}>
              {t(name === "lot" ? "quality.material_lot" : `quality.${name}`)}
              <input name={name} required maxLength={200} autocomplete="off" />
            </label>
          ))}
        </Ask>
      </details>
      <Said told={told} />
    </section>
  );
}

export function LotsPart(): JSX.Element {
  const held = useResource(lots, [], 3_000);
  const told = useTold();
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  const acts = may("job.approve");
  return (
    <>
      {acts ? <Asking reload={() => held.load()} /> : null}
      {state.value.length === 0 ? (
        <Empty title={t("quality.no_lots")} next={t("quality.no_lots_next")} />
      ) : (
        <section class="panel" tabIndex={0} aria-label={t("quality.lots")}>
          <table>
            <thead>
              <tr>
                {(["lot", "machine", "product", "pieces", "started", "ended"] as const).map((each) => (
                  <th key={each} scope="col" class={each === "pieces" ? "num" : ""}>
                    {t(`quality.${each}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {state.value.map((each) => (
                <tr key={each.id} data-lot={each.lot}>
                  <th scope="row">
                    <a href={withParts({ part: ["trace"], kind: ["lot"], id: [each.lot], way: ["from"] })}>{each.lot}</a>
                  </th>
                  <td>{short(each.machine)}</td>
                  <td>{each.product}</td>
                  <td class="num">
                    {number(each.pieces)} {each.wanted === null ? "" : t("quality.of_wanted", { wanted: number(each.wanted) })}
                  </td>
                  <td>{clock(each.start_ms)}</td>
                  <td>
                    {each.end_ms === null ? t("quality.running") : clock(each.end_ms)}{" "}
                    {each.end_ms === null && acts ? (
                      <Act
                        told={told}
                        label={t("quality.end_lot", { lot: each.lot })}
                        work={async () => {
                          await endLot(each.id);
                          await held.load();
                          return t("quality.saved");
                        }}
                      />
                    ) : null}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Said told={told} />
        </section>
      )}
    </>
  );
}
