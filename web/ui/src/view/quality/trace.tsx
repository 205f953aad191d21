/** Genealogy: what went into a lot or serial number, step by step, or where it went. */

import type { JSX } from "preact";
import { trace, type Trace } from "../../data/rest/quality.ts";
import { go, query, withParts } from "../frame/router.ts";
import { t } from "../i18n/index.ts";
import { useResource } from "../live/resource.ts";
import { number } from "../parts/format.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { clock, short } from "./words.ts";

type Kind = "lot" | "serial";
type Way = "from" | "to";

function Steps(props: { readonly found: Trace; readonly way: Way }): JSX.Element {
  const { nodes, edges, cut } = props.found;
  const rest = nodes.filter((each) => each.depth > 0);
  if (rest.length === 0) return <p>{t("quality.trace_none")}</p>;
  return (
    <>
      <ol class="trace" data-section="trace">
        {rest.map((node) => {
          const mine = edges.filter((edge) => (props.way === "from" ? edge.source : edge.target) === node.id);
          return (
            <li key={`${node.kind}${node.id}`} style={{ marginInlineStart: `${String((node.depth - 1) * 24)}px` }} data-id={node.id}>
              <a href={withParts({ part: ["trace"], kind: [node.kind], id: [node.id], way: [props.way] })}>{node.id}</a>{" "}
              <span class="quiet">{`${t(`quality.kind.${node.kind}`)} ${node.what}`}</span>
              {mine.map((edge) => (
                <span key={`${edge.source}${edge.target}${edge.machine}`} class="sub">
                  {edge.source} → {edge.target}, {short(edge.machine)}, {clock(edge.time_ms)}
                  {edge.qty === null ? "" : `, ${t("quality.trace_qty", { qty: number(edge.qty, 2) })}`}
                </span>
              ))}
            </li>
          );
        })}
      </ol>
      {cut ? <p>{t("quality.trace_cut")}</p> : null}
    </>
  );
}

function Found(props: { readonly kind: Kind; readonly id: string; readonly way: Way }): JSX.Element {
  const held = useResource(() => trace(props.kind, props.id, props.way), [props.kind, props.id, props.way]);
  const state = held.state.value;
  if (state.status === "loading") return <Loading rows={3} />;
  if (state.status === "failed" && state.code === 404) return <Empty title={state.error.message} />;
  if (state.status === "failed") return <Failed error={state.error} retry={() => void held.load()} />;
  return (
    <section class="panel">
      <h2>{`${t(`quality.kind.${props.kind}`)} ${props.id} ${state.value.nodes[0]?.what ?? ""}`}</h2>
      <Steps found={state.value} way={props.way} />
    </section>
  );
}

export function TracePart(): JSX.Element {
  const kind: Kind = query.value.get("kind") === "serial" ? "serial" : "lot";
  const way: Way = query.value.get("way") === "to" ? "to" : "from";
  const id = query.value.get("id") ?? "";
  return (
    <>
      <section class="panel">
        <form
          class="ask"
          onSubmit={(event) => {
            event.preventDefault();
            const values = new FormData(event.currentTarget, event.submitter);
            go(withParts({ kind: [String(values.get("kind"))], id: [String(values.get("id")).trim()], way: [String(values.get("way"))] }));
          }}
        >
          <label>
            {t("quality.trace_kind")}
            <select name="kind" defaultValue={kind}>
              <option value="lot">{t("quality.kind.lot")}</option>
              <option value="serial">{t("quality.kind.serial")}</option>
            </select>
          </label>
          <label>
            {t("quality.trace_ask")}
            <input name="id" required maxLength={100} defaultValue={id} autocomplete="off" />
          </label>
          {(["from", "to"] as const).map((each) => (
            <button key={each} type="submit" name="way" value={each} class="button">
              {t(`quality.trace_${each}`)}
            </button>
          ))}
        </form>
      </section>
      {id === "" ? <Empty title={t("quality.trace")} next={t("quality.trace_next")} /> : <Found key={`${kind}${id}${way}`} kind={kind} id={id} way={way} />}
    </>
  );
}
