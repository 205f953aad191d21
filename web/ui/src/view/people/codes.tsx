/** One-time codes for one's own account: scan, confirm one code, and from then on they are asked for. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { confirmCode, offerCode, type CodeOffer } from "../../data/rest/people.ts";
import { t } from "../i18n/index.ts";
import { Field, text } from "../sign-in/form.tsx";
import { Quick, tell } from "./quick.tsx";

/** Modules of light that readers need around the code. */
const QUIET = 4;

function Picture(props: { rows: readonly string[] }): JSX.Element {
  const size = props.rows.length + 2 * QUIET;
  const dark = props.rows
    .flatMap((row, y) => [...row].map((each, x) => (each === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("people.codes_picture")} shape-rendering="crispEdges">
      <path d={dark} fill="#000" />
    </svg>
  );
}

export function Codes(): JSX.Element {
  const offer = useMemo(() => signal<CodeOffer | null>(null), []);
  const told = useMemo(() => signal(""), []);
  const begin = async (): Promise<string> => {
    offer.value = await offerCode();
    return "";
  };
  const shown = offer.value;
  return (
    <div data-part="codes">
      <h3>{t("people.codes")}</h3>
      {shown === null ? (
        <>
          <p class="quiet">{t("people.codes_why")}</p>
          <button type="button" class="button" onClick={() => void tell(told, begin)}>
            {t("people.codes_begin")}
          </button>
          <p role="status" class="told">
            {told.value}
          </p>
        </>
      ) : (
        <>
          <p>{t("people.codes_scan")}</p>
          <Picture rows={shown.qr} />
          <p>{t("people.codes_key", { key: new URL(shown.otpauth).searchParams.get("secret") ?? "" })}</p>
          <Quick
            button={t("people.codes_confirm")}
            told={told}
            send={async (values) => {
              await confirmCode(text(values, "confirm-code").trim());
              offer.value = null;
              return t("people.codes_done");
            }}
          >
            <Field id="confirm-code" label={t("people.codes_code")} type="text" autocomplete="one-time-code" numeric />
          </Quick>
        </>
      )}
    </div>
  );
}
