/** What a stretch of time is called: hours by the plant's clock, days and shifts by their own names. */

import type { Kpis } from "../../data/rest/kpis.ts";
import { zone } from "../live/session.ts";

export const named = (of: Kpis): string => (of.day === "" && of.shift === "" && of.label !== "" ? zone.value.format(of.start_ms, "near") : of.label);
