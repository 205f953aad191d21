/** Checklists: what is in force, drafts, review by somebody else. */

import type { JSX } from "preact";
import { checklists, checklistStep, draftChecklist, retireChecklist, type Checklist } from "../../data/rest/quality.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { may } from "../live/who.ts";
import { Act, Said, useTold } from "../parts/act.tsx";
import { Ask } from "../parts/ask.tsx";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { limits, sampled, short } from "./words.ts";

function Card(props: { readonly of: Checklist; readonly reload: () => Promise<void> }): JSX.Element {
  const { of } = props;
  const told = useTold();
  const step = (name: "submit" | "return" | "approve") => async (): Promise<string> => {
    await checklistStep(of.id, of.version, name);
    await props.reload();
    return t("quality.saved");
  };
  const state = t("quality.list_version", { version: of.version, state: t(`quality.list_state.${of.state}`) });
  return (
    <article class="panel" data-list={of.id} data-state={of.state}>
      <h2>
        {of.title} <span class="quiet">{state}</span>
      </h2>
      <p>
        {of.sampling.map(sampled).join(", ")},{" "}
        {of.machines.length === 0 ? t("quality.list_step") : t("quality.list_where", { machines: of.machines.map(short).join(", ") })}
      </p>
      <ul>
        {of.items.map((item) => (
          <li key={item.id}>
            {item.text} <span class="quiet">{`${t(item.gate === "hard" ? "quality.hard" : "quality.soft")} ${limits(item)} ${item.signal}`}</span>
          </li>
        ))}
      </ul>
      <div class="acts">
        {of.state === "draft" && may("checklist.propose") ? <Act told={told} label={t("quality.submit")} work={step("submit")} /> : null}
        {of.state === "review" && may("checklist.approve") ? <Act told={told} label={t("quality.approve")} work={step("approve")} /> : null}
        {of.state === "review" && may("checklist.approve") ? <Act told={told} label={t("quality.return")} work={step("return")} /> : null}
        {of.state === "active" && may("checklist.approve") ? (
          <Act
            told={told}
            label={t("quality.retire")}
            work={async () => {
              await retireChecklist(of.id);
              await props.reload();
              return t("quality.saved");
            }}
          />
        ) : null}
      </div>
      <Said told={told} />
    </article>
  );
}

/** One item a line, its fields divided by semicolons; what cannot be is said by the gateway. */
function items(text: string): object[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [id = "", name = "", kind = "", gate = "", low = "", high = "", unit = "", signal = ""] = line.split(";").map((each) => each.trim());
      const bound = (value: string): number | null => (value === "" ? null : Number(value.replace(",", ".")));
      return { id, text: name, kind: kind === "" ? "yes/no" : kind, gate: gate === "" ? "hard" : gate, low: bound(low), high: bound(high), unit, signal };
    });
}

function Draft(props: { readonly reload: () => Promise<void> }): JSX.Element {
  const told = useTold();
  return (
    <details class="panel">
      <summary class="button">{t("quality.draft")}</summary>
      <Ask
        told={told}
        button={t("quality.draft_save")}
        work={async (answer) => {
          const once = (["first", "last", "change-over"] as const).filter((each) => answer(each) !== "").map((each) => ({ trigger: each, every: null }));
          const every = (["count", "time", "stop"] as const).filter((each) => answer(each) !== "").map((each) => ({ trigger: each, every: Number(answer(each)) }));
          await draftChecklist(answer("id"), {
            title: answer("title"),
            machines: answer("machines").split("\n").filter((line) => line.trim() !== "").map((line) => line.trim()),
            items: items(answer("items")),
            sampling: [...once, ...every],
          });
          await props.reload();
          return t("quality.saved");
        }}
      >
        <label>
          {t("quality.draft_id")}
          <input name="id" required maxLength={100} autocomplete="off" />
        </label>
        <label>
          {t("quality.draft_title")}
          <input name="title" required maxLength={200} autocomplete="off" />
        </label>
        <label>
          {t("quality.draft_machines")}
          <textarea name="machines" rows={2} />
        </label>
        {(["first", "last", "over"] as const).map((each) => (
          <label key={each} class="tick">
            <input type="checkbox" name={each === "over" ? "change-over" : each} /> {t(`quality.draft_${each}`)}
          </label>
        ))}
        {(["count", "time", "stop"] as const).map((each) => (
          <label key={each}>
            {t(`quality.draft_${each}`)}
            <input name={each} type="number" min="0" step="any" inputMode="decimal" />
          </label>
        ))}
        <label class="wide">
          {t("quality.draft_items")}
          <textarea name="items" rows={5} required aria-describedby="draft-hint" />
        </label>
        <p id="draft-hint" class="quiet wide">
          {t("quality.draft_hint")}
        </p>
      </Ask>
      <Said told={told} />
    </details>
  );
}

export function ListsPart(): JSX.Element {
  const held = useResource(checklists, [], 15_000);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={4} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  return (
    <>
      {state.value.length === 0 ? <Empty title={t("quality.no_lists")} next={t("quality.no_lists_next")} /> : null}
      <div class="panels">
        {state.value.map((each) => (
          <Card key={`${each.id}${String(each.version)}`} of={each} reload={() => held.load()} />
        ))}
      </div>
      {may("checklist.propose") ? <Draft reload={() => held.load()} /> : null}
    </>
  );
}
