/** Which shape and colour a connector's or stage's state has. */

import type { ConnectorState, StageState } from "../../data/rest/model.ts";
import type { Condition } from "./glyph.tsx";

export const CONNECTOR_CONDITION: Readonly<Record<ConnectorState, Condition>> = {
  stopped: "off",
  connecting: "starting",
  live: "good",
  degraded: "warning",
  backing_off: "failed",
  refused: "failed",
  held: "warning",
  ended: "off",
};

export const STAGE_CONDITION: Readonly<Record<StageState, Condition>> = {
  starting: "starting",
  working: "good",
  failing: "failed",
  stopped: "off",
};
