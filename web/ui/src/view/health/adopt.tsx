/** A mapping for a topic that nobody wanted: suggested by its newest message, corrected by a person, written or copied. */

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { adopt, mappingYaml, proposal, type MappedValue, type MappingWish, type Proposal } from "../../data/rest/upkeep.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { Failed, Loading } from "../parts/states.tsx";

const TYPES = ["float", "integer", "boolean", "string", "array"] as const;
const KINDS = ["measurement", "counter", "state", "setpoint", "event"] as const;
const REDRAW_MS = 400;

function Cell(props: { label: string; value: string; set: (value: string) => void; of?: readonly string[] }): JSX.Element {
  return (
    <td>
      {props.of === undefined ? (
        <input type="text" aria-label={props.label} value={props.value} maxLength={255} onInput={(event) => { props.set(event.currentTarget.value); }} />
      ) : (
        <select aria-label={props.label} value={props.value} onChange={(event) => { props.set(event.currentTarget.value); }}>
          {props.of.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )}
    </td>
  );
}

function Values(props: { wish: MappingWish; set: (values: readonly MappedValue[]) => void }): JSX.Element {
  const { values } = props.wish;
  const change = (at: number, part: Partial<MappedValue>): void => {
    props.set(values.map((each, i) => (i === at ? { ...each, ...part } : each)));
  };
  return (
    <div class="adopt-values" tabIndex={0} role="group" aria-label={t("adopt.values")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("adopt.path")}</th>
            <th scope="col">{t("adopt.signal")}</th>
            <th scope="col">{t("adopt.type")}</th>
            <th scope="col">{t("adopt.kind")}</th>
            <th scope="col">{t("adopt.unit")}</th>
            <th scope="col">{t("adopt.take")}</th>
          </tr>
        </thead>
        <tbody>
          {values.map((value, i) => (
            <tr key={value.path}>
              <th scope="row" class="code">{value.path === "" ? t("adopt.whole") : value.path}</th>
              <Cell label={t("adopt.signal_of", { path: value.path })} value={value.signal} set={(signal) => { change(i, { signal }); }} />
              <Cell label={t("adopt.type_of", { path: value.path })} value={value.data_type} of={TYPES} set={(data_type) => { change(i, { data_type }); }} />
              <Cell label={t("adopt.kind_of", { path: value.path })} value={value.kind} of={KINDS} set={(kind) => { change(i, { kind }); }} />
              <Cell label={t("adopt.unit_of", { path: value.path })} value={value.unit} set={(unit) => { change(i, { unit }); }} />
              <td>
                {values.length > 1 ? (
                  <button type="button" class="small-button" aria-label={t("adopt.leave", { path: value.path })} onClick={() => { props.set(values.filter((_, at) => at !== i)); }}>
                    ×
                  </button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Form(props: { of: Proposal; done: (told: string) => void }): JSX.Element {
  const { of } = props;
  const [wish, setWish] = useState(of.wish);
  const [yaml, setYaml] = useState(of.yaml);
  const [told, setTold] = useState("");
  useEffect(() => {
    if (wish === of.wish) return;
    const timer = setTimeout(() => {
      mappingYaml(of.connector, wish).then(
        (text) => { setYaml(text); setTold(""); },
        (error: unknown) => { setTold(error instanceof Error ? error.message : String(error)); },
      );
    }, REDRAW_MS);
    return () => { clearTimeout(timer); };
  }, [wish]);
  return (
    <>
      <p class="quiet">{t("adopt.lead")}</p>
      <Values wish={wish} set={(values) => { setWish({ ...wish, values }); }} />
      <p class="quiet">{wish.timestamp_path === "" ? t("adopt.arrival") : t("adopt.time", { path: wish.timestamp_path, format: wish.timestamp_format })}</p>
      <h3>{t("adopt.yaml")}</h3>
      <pre class="adopt-yaml" tabIndex={0} aria-label={t("adopt.yaml")}>{yaml}</pre>
      {of.remark === "" ? null : <p>{of.remark}</p>}
      <p role="alert" class="adopt-told">{told}</p>
      {of.file === "" ? null : (
        <button
          type="button"
          class="button"
          onClick={() => {
            adopt(of.connector, wish).then(
              (found) => { props.done(t("adopt.done", { file: found.file, told: found.told })); },
              (error: unknown) => { setTold(error instanceof Error ? error.message : String(error)); },
            );
          }}
        >
          {t("adopt.write", { file: of.file })}
        </button>
      )}
    </>
  );
}

export function AdoptDialog(props: { connector: string; source: string; done: (told: string) => void; close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const resource = useResource(() => proposal(props.connector, props.source), [props.connector, props.source]);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const state = resource.state.value;
  const heading = t("adopt.heading", { source: props.source });
  return (
    <dialog ref={dialog} class="act-dialog act-wide" aria-label={heading} onClose={props.close}>
      <h2>{heading}</h2>
      {state.status === "loading" ? <Loading rows={2} /> : null}
      {state.status === "failed" ? <Failed error={state.error} retry={() => void resource.load()} /> : null}
      {state.status === "ready" ? <Form of={state.value} done={props.done} /> : null}
      <div class="buttons">
        <button type="button" class="button" onClick={props.close}>
          {t("act.cancel")}
        </button>
      </div>
    </dialog>
  );
}
