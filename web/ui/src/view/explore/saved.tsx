/** Views of explore that are kept under a name: opened, saved, renamed, shared and deleted. */

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { addPage, changePage, OWN, removePage, savedPage, savedPages, type SavedPage, type Sharing, type ViewBody } from "../../data/rest/pages.ts";
import { go, query } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { mayMakeBoards, mayShareBoards } from "../live/who.ts";
import { Dialog, SharingFields } from "../boards/forms.tsx";
import { whole, type View } from "./view.ts";

const bodyOf = (view: View): ViewBody => ({
  signals: view.paths,
  window_s: view.windowMs / 1_000,
  to_ms: view.toMs,
  compare: view.comparison,
  select_ms: view.selection,
});

/** The address that shows a kept view. */
export function addressOf(page: SavedPage<ViewBody>): string {
  const { body } = page;
  const parts = new URLSearchParams();
  for (const path of body.signals) parts.append("s", path);
  parts.set("window", String(body.window_s));
  if (body.to_ms !== null) parts.set("to", whole(body.to_ms));
  if (body.compare !== "none") parts.set("compare", body.compare);
  if (body.select_ms !== null) parts.set("select", body.select_ms.map(whole).join("-"));
  parts.set("view", page.id);
  return `/explore?${parts.toString()}`;
}

interface Form {
  readonly heading: string;
  readonly title: string;
  readonly sharing: Sharing;
  readonly send: (title: string, sharing: Sharing) => Promise<void>;
}

function NameForm(props: { form: Form; close: () => void }): JSX.Element {
  const [title, setTitle] = useState(props.form.title);
  const [sharing, setSharing] = useState(props.form.sharing);
  const [told, setTold] = useState("");
  const may = mayShareBoards.value;
  return (
    <Dialog heading={props.form.heading} close={props.close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.form.send(title, sharing).then(props.close, (error: unknown) => { setTold(error instanceof Error ? error.message : String(error)); });
        }}
      >
        <label class="field board-field">
          <span>{t("board.name")}</span>
          <input type="text" required maxLength={120} value={title} onInput={(event) => { setTitle(event.currentTarget.value); }} />
        </label>
        <SharingFields sharing={sharing} may={may} set={setSharing} />
        <p role="alert">{told}</p>
        <div class="buttons">
          <button type="submit" class="button">{t("views.save")}</button>
          <button type="button" class="button" onClick={props.close}>{t("board.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** The kept views, and what can be done with the one that is open. */
export function SavedViews(props: { view: View }): JSX.Element | null {
  const { view } = props;
  const resource = useResource(() => savedPages("view"), []);
  const [form, setForm] = useState<Form | null>(null);
  const [told, setTold] = useState("");
  const all = resource.value ?? [];
  const open = all.find((each) => each.id === query.value.get("view")) ?? null;
  const fail = (error: unknown): void => { setTold(error instanceof Error ? error.message : String(error)); };
  const again = (): void => { void resource.load(); };
  const show = async (id: string): Promise<void> => { go(addressOf(await savedPage<ViewBody>("view", id)), "replace"); };
  const change = async (page: SavedPage<unknown>, title: string, sharing: Sharing): Promise<void> => {
    const done = await changePage("view", page.id, { title, sharing, body: bodyOf(view) }, page.version);
    go(addressOf(done), "replace");
    again();
  };
  const mayMake = mayMakeBoards.value;
  return (
    <div class="saved-views">
      <label class="field">
        {t("views.kept")}{" "}
        <select
          value={open?.id ?? ""}
          onChange={(event) => {
            const id = event.currentTarget.value;
            if (id !== "") show(id).catch(fail);
          }}
        >
          <option value="">{t(all.length === 0 ? "views.none" : "views.choose")}</option>
          {all.map((each) => (
            <option key={each.id} value={each.id}>
              {t("views.option", { title: each.title, owner: each.owner })}
            </option>
          ))}
        </select>
      </label>
      {mayMake && view.paths.length > 0 ? (
        <button
          type="button"
          class="button"
          onClick={() => {
            setForm({
              heading: t("views.save_as"),
              title: "",
              sharing: OWN,
              send: async (title, sharing) => {
                const made = await addPage("view", { title, sharing, body: bodyOf(view) });
                go(addressOf(made), "replace");
                again();
              },
            });
          }}
        >
          {t("views.save_as")}
        </button>
      ) : null}
      {open?.may_change === true ? (
        <>
          <button type="button" class="button" onClick={() => { change(open, open.title, open.sharing).then(() => { setTold(t("views.saved", { title: open.title })); }, fail); }}>
            {t("views.update", { title: open.title })}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              setForm({ heading: t("views.rename"), title: open.title, sharing: open.sharing, send: (title, sharing) => change(open, title, sharing) });
            }}
          >
            {t("views.rename")}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => {
              removePage("view", open.id, open.version).then(() => {
                setTold(t("views.deleted", { title: open.title }));
                again();
              }, fail);
            }}
          >
            {t("views.delete")}
          </button>
        </>
      ) : null}
      <span role="status">{told}</span>
      {form === null ? null : <NameForm form={form} close={() => { setForm(null); }} />}
    </div>
  );
}
