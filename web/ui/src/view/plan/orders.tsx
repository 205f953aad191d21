/** What is wanted, and the work orders made of it. */

import type { JSX } from "preact";
import { addOrder, cancelOrder, demand, workOrders } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { Ask } from "../parts/ask.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

function AddOrder(props: { readonly done: () => Promise<void> }): JSX.Element {
  const told = useTold();
  return (
    <>
      <Ask
        told={told}
        button={t("plan.add_order")}
        work={async (answer) => {
          const made = await addOrder({
            id: answer("id"),
            product: answer("product"),
            qty: Number(answer("qty")),
            due: answer("due"),
            priority: Number(answer("priority")),
          });
          await props.done();
          return `${t("plan.done")}: ${made.id}`;
        }}
      >
        <label>
          {t("plan.id")}
          <input name="id" required maxLength={200} autocomplete="off" />
        </label>
        <label>
          {t("plan.product")}
          <input name="product" required maxLength={200} autocomplete="off" />
        </label>
        <label>
          {t("plan.qty")}
          <input name="qty" type="number" min="1" step="1" required inputMode="numeric" />
        </label>
        <label>
          {t("plan.due")}
          <input name="due" type="date" required />
        </label>
        <label>
          {t("plan.priority")}
          <input name="priority" type="number" min="1" max="9" defaultValue="5" required inputMode="numeric" />
        </label>
      </Ask>
      <Said told={told} />
    </>
  );
}

export function OrdersPart(): JSX.Element {
  const resource = useResource(demand, [], 15_000);
  const told = useTold();
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  const propose = may("demand.propose");
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.orders")}>
      {state.value.length === 0 ? (
        <Empty title={t("plan.no_orders")} next={t("plan.no_orders_next")} />
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t("plan.id")}</th>
              <th scope="col">{t("plan.product")}</th>
              <th scope="col" class="num">
                {t("plan.qty")}
              </th>
              <th scope="col">{t("plan.due")}</th>
              <th scope="col" class="num">
                {t("plan.priority")}
              </th>
              <th scope="col">{t("plan.state")}</th>
              {propose ? <th scope="col">{t("plan.actions")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {state.value.map((each) => (
              <tr key={each.id} data-order={each.id}>
                <td>{each.id}</td>
                <td>{each.product}</td>
                <td class="num">{number(each.qty)}</td>
                <td>{each.due}</td>
                <td class="num">{each.priority}</td>
                <td>{each.state}</td>
                {propose ? (
                  <td>
                    {each.state === "open" || each.state === "planned" ? (
                      <Act
                        told={told}
                        label={t("plan.cancel_order", { id: each.id })}
                        work={async () => {
                          await cancelOrder(each.id);
                          await resource.load();
                          return t("plan.done");
                        }}
                      />
                    ) : null}
                  </td>
                ) : null}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Said told={told} />
      {propose ? <AddOrder done={() => resource.load()} /> : null}
    </section>
  );
}

export function WorkOrdersPart(): JSX.Element {
  const resource = useResource(workOrders, [], 15_000);
  const state = resource.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void resource.load()} />;
  if (state.value.length === 0) return <Empty title={t("plan.no_work_orders")} next={t("plan.no_work_orders_next")} />;
  return (
    <section class="panel" tabIndex={0} aria-label={t("plan.work_orders")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("plan.id")}</th>
            <th scope="col">{t("plan.product")}</th>
            <th scope="col" class="num">
              {t("plan.qty")}
            </th>
            <th scope="col">{t("plan.due")}</th>
            <th scope="col" class="num">
              {t("plan.weight")}
            </th>
            <th scope="col">{t("plan.state")}</th>
          </tr>
        </thead>
        <tbody>
          {state.value.map((each) => (
            <tr key={each.id}>
              <td>{each.id}</td>
              <td>{each.product}</td>
              <td class="num">{number(each.qty)}</td>
              <td>{zone.value.format(each.due_at_min * 60_000, "moment")}</td>
              <td class="num">{each.weight}</td>
              <td>{each.state}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
