/** Forms of the editor: what a tile shows, where it stands, who sees the board. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { COLUMNS, MAX_HEIGHT, type Place, type Tile } from "../../data/boards/layout.ts";
import type { Column } from "../../data/live/protocol.ts";
import { signals as fetchSignals } from "../../data/rest/api.ts";
import type { Audience, Sharing } from "../../data/rest/pages.ts";
import { t, type Key } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";

const ROLES = ["viewer", "operator", "maintenance", "quality", "supervisor", "production_manager", "sponsor", "administrator"] as const;
const WINDOWS_S = [300, 900, 3_600, 28_800, 86_400, 604_800] as const;
const MOST_SIGNALS = 4;

export function Dialog(props: { heading: string; close: () => void; children: preact.ComponentChildren }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} class="board-dialog" aria-label={props.heading} onClose={props.close}>
      <h2>{props.heading}</h2>
      {props.children}
    </dialog>
  );
}

function Field(props: { label: string; children: preact.ComponentChildren }): JSX.Element {
  return (
    <label class="field board-field">
      <span>{props.label}</span>
      {props.children}
    </label>
  );
}

/** Every signal of the plant, and what can be chosen of it. */
interface Plant {
  readonly columns: readonly Column[];
  readonly machines: readonly string[];
  readonly units: readonly string[];
}

function plantOf(columns: readonly Column[]): Plant {
  const machines = [...new Set(columns.map((column) => column.machine))].sort();
  const above = machines.flatMap((machine) => machine.split("/").map((_, i, levels) => levels.slice(0, i + 1).join("/")));
  return { columns, machines, units: ["", ...[...new Set(above)].sort()] };
}

function Choice(props: { label: string; value: string; of: readonly string[]; set: (value: string) => void }): JSX.Element {
  const known = props.of.includes(props.value) ? props.of : [props.value, ...props.of];
  return (
    <Field label={props.label}>
      <select value={props.value} onChange={(event) => { props.set(event.currentTarget.value); }}>
        {known.map((each) => (
          <option key={each} value={each}>
            {each === "" ? t("board.plant") : each}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Signals(props: { chosen: readonly string[]; plant: Plant; set: (signals: readonly string[]) => void }): JSX.Element {
  const { chosen, plant, set } = props;
  const rest = plant.columns.filter((column) => column.data_type !== "string" && column.data_type !== "array").map((column) => column.path);
  return (
    <>
      {chosen.map((path, i) => (
        <div key={path} class="board-signal">
          <Choice label={t("board.signal_n", { n: i + 1 })} value={path} of={rest.filter((each) => each === path || !chosen.includes(each))} set={(next) => { set(chosen.map((each) => (each === path ? next : each))); }} />
          {chosen.length > 1 ? (
            <button type="button" class="small-button" aria-label={t("explore.remove", { name: path })} onClick={() => { set(chosen.filter((each) => each !== path)); }}>
              ×
            </button>
          ) : null}
        </div>
      ))}
      {chosen.length < MOST_SIGNALS ? (
        <button type="button" class="button" onClick={() => { const next = rest.find((each) => !chosen.includes(each)); if (next !== undefined) set([...chosen, next]); }}>
          {t("board.add_signal")}
        </button>
      ) : null}
    </>
  );
}

function Content(props: { tile: Tile; plant: Plant; set: (tile: Tile) => void }): JSX.Element | null {
  const { tile, plant, set } = props;
  if (tile.signal !== undefined) {
    return <Choice label={t("board.signal")} value={tile.signal} of={plant.columns.map((column) => column.path)} set={(signal) => { set({ ...tile, signal }); }} />;
  }
  if (tile.signals !== undefined) {
    return (
      <>
        <Signals chosen={tile.signals} plant={plant} set={(signals) => { set({ ...tile, signals }); }} />
        <Field label={t("board.window")}>
          <select value={tile.window_s} onChange={(event) => { set({ ...tile, window_s: Number(event.currentTarget.value) }); }}>
            {[...new Set([...WINDOWS_S, tile.window_s ?? 3_600])].sort((a, b) => a - b).map((each) => (
              <option key={each} value={each}>
                {t("board.minutes", { n: each / 60 })}
              </option>
            ))}
          </select>
        </Field>
      </>
    );
  }
  if (tile.machine !== undefined) return <Choice label={t("board.machine")} value={tile.machine} of={plant.machines} set={(machine) => { set({ ...tile, machine }); }} />;
  if (tile.unit !== undefined) return <Choice label={t("board.place")} value={tile.unit} of={plant.units} set={(unit) => { set({ ...tile, unit }); }} />;
  return (
    <Field label={t("board.text")}>
      <textarea rows={5} maxLength={4_000} value={tile.text ?? ""} onInput={(event) => { set({ ...tile, text: event.currentTarget.value }); }} />
    </Field>
  );
}

/** What a tile shows; nothing is changed before "Apply". */
export function TileForm(props: { tile: Tile; apply: (tile: Tile) => void; close: () => void }): JSX.Element {
  const [tile, set] = useState(props.tile);
  const known = useResource(fetchSignals, []);
  const plant = plantOf(known.value ?? []);
  return (
    <Dialog heading={t("board.settings_of", { type: t(`board.type.${tile.type}`) })} close={props.close}>
      <form
        method="dialog"
        onSubmit={() => {
          props.apply(tile);
        }}
      >
        <Field label={t("board.heading")}>
          <input type="text" maxLength={120} value={tile.title} placeholder={t("board.heading_hint")} onInput={(event) => { set({ ...tile, title: event.currentTarget.value }); }} />
        </Field>
        <Content tile={tile} plant={plant} set={set} />
        <div class="buttons">
          <button type="submit" class="button">{t("board.apply")}</button>
          <button type="button" class="button" onClick={props.close}>{t("board.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Where a tile stands, typed: the way for who neither drags nor holds keys down. */
export function MoveForm(props: { tile: Tile; apply: (place: Place) => void; close: () => void }): JSX.Element {
  const [place, set] = useState<Place>(props.tile);
  const field = (key: keyof Place, most: number, least: number): JSX.Element => (
    <Field label={t(`board.place_${key}` as Key)}>
      <input
        type="number"
        min={least}
        max={most}
        required
        value={place[key] + (key === "x" || key === "y" ? 1 : 0)}
        onInput={(event) => { set({ ...place, [key]: event.currentTarget.valueAsNumber - (key === "x" || key === "y" ? 1 : 0) }); }}
      />
    </Field>
  );
  return (
    <Dialog heading={t("board.move_to")} close={props.close}>
      <form
        method="dialog"
        onSubmit={() => {
          props.apply(place);
        }}
      >
        <div class="board-fields">
          {field("x", COLUMNS, 1)}
          {field("y", 200, 1)}
          {field("w", COLUMNS, 1)}
          {field("h", MAX_HEIGHT, 1)}
        </div>
        <div class="buttons">
          <button type="submit" class="button">{t("board.apply")}</button>
          <button type="button" class="button" onClick={props.close}>{t("board.cancel")}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Who sees a board or view besides its owner. */
export function SharingFields(props: { sharing: Sharing; set: (sharing: Sharing) => void; may: boolean }): JSX.Element {
  const { sharing, set } = props;
  return (
    <>
      <Field label={t("board.shared_with")}>
        <select
          value={sharing.audience}
          disabled={!props.may}
          onChange={(event) => {
            const audience = event.currentTarget.value as Audience;
            set({ audience, roles: [], zones: [] });
          }}
        >
          {(["owner", "some", "all"] as const).map((each) => (
            <option key={each} value={each}>
              {t(`board.audience.${each}`)}
            </option>
          ))}
        </select>
      </Field>
      {props.may ? null : <p class="quiet">{t("board.may_not_share")}</p>}
      {sharing.audience === "some" ? (
        <>
          <fieldset class="choices">
            <legend>{t("board.roles")}</legend>
            {ROLES.map((role) => (
              <label key={role} class="check">
                <input
                  type="checkbox"
                  checked={sharing.roles.includes(role)}
                  onChange={(event) => {
                    const rest = sharing.roles.filter((each) => each !== role);
                    set({ ...sharing, roles: event.currentTarget.checked ? [...rest, role] : rest });
                  }}
                />
                {t(`people.role.${role}`)}
              </label>
            ))}
          </fieldset>
          <Field label={t("board.zones")}>
            <input
              type="text"
              value={sharing.zones.join(", ")}
              placeholder={t("people.zone_hint")}
              onChange={(event) => {
                const zones = event.currentTarget.value.split(",").map((each) => each.trim()).filter((each) => each !== "");
                set({ ...sharing, zones });
              }}
            />
          </Field>
        </>
      ) : null}
    </>
  );
}
