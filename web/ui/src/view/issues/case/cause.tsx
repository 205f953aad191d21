/** The two pictures of a cause, as structured lists: the chain of whys, and the fishbone's branches. */

import type { JSX } from "preact";
import type { FieldValue } from "../../../data/rest/cases.ts";
import { t } from "../../i18n/index.ts";

const MOST_WHYS = 10;
const BRANCHES = ["man", "machine", "material", "method", "measurement", "environment"] as const;

interface Props {
  readonly label: string;
  readonly value: FieldValue | null | undefined;
  readonly put: (value: FieldValue | null) => void;
}

const isList = (value: unknown): value is readonly string[] => Array.isArray(value);

export function Whys(props: Props): JSX.Element {
  const lines = isList(props.value) ? props.value : [];
  const shown = lines.length < MOST_WHYS ? [...lines, ""] : lines;
  return (
    <fieldset class="whys">
      <legend>{props.label}</legend>
      <ol>
        {shown.map((line, i) => (
          <li key={i}>
            <input
              aria-label={t("case.why", { n: i + 1 })}
              placeholder={t("case.why", { n: i + 1 })}
              value={line}
              onInput={(event) => {
                const next = [...shown];
                next[i] = event.currentTarget.value;
                props.put(next.filter((each, place) => each !== "" || place < i));
              }}
            />
          </li>
        ))}
      </ol>
    </fieldset>
  );
}

export function Bones(props: Props): JSX.Element {
  const value = props.value;
  const held = typeof value === "object" && value !== null && !isList(value) ? value : {};
  return (
    <fieldset class="bones">
      <legend>{props.label}</legend>
      {BRANCHES.map((branch) => (
        <label key={branch} class="field">
          {t(`choice.${branch}`)}
          <textarea
            rows={2}
            placeholder={t("case.one_a_line")}
            value={(held[branch] ?? []).join("\n")}
            onInput={(event) => {
              const lines = event.currentTarget.value.split("\n");
              props.put({ ...held, [branch]: lines });
            }}
          />
        </label>
      ))}
    </fieldset>
  );
}
