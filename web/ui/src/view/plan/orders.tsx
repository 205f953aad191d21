/** What is wanted, and the work orders made of it. */

import type { JSX } from "preact";
import { addOrder, cancelOrder, demand, workOrders } from "../../data/rest/planning.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { zone } from "../live/session.ts";
import { may } from "../live/who.ts";
import { Act, act, Said, useTold } from "../parts/act.tsx";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";

function AddOrder(props: { readonly done: () => Promise<void> }): JSX.Element {
  const told = useTold();
  return (
    <form
      class="ask"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const values = new FormData(form);
        const text = (name: string): string => {
          const value = values.get(name);
          return typeof value === "string" ? value.trim() : "";
        };
        void act(told, async () => {
          const made = await addOrder({
            id: text("id"),
            product: text("product"),
            qty: Number(text("qty")),
            due: text("due"),
            priority: Number(text("priority")),
          });
          form.reset();
          await props.done();
          return `${t("plan.done")}: ${made.id}`;
        });
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
      <button type="submit" class="button" disabled={told.busy.value}>
        {t("plan.add_order")}
      </button>
      <Said told={told} />
    </form>
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
              <td>{zone.value.local(each.due_at_min * 60_000).slice(0, 16).replace("T", " ")}</td>
              <td class="num">{each.weight}</td>
              <td>{each.state}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
