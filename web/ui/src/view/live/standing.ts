/** How the floor stands in its shift, asked for again every few seconds while a page shows it. */

import { floorStanding, type ShiftPick, type Standing } from "../../data/rest/standing.ts";
import { query } from "../frame/router.ts";
import { useResource, type Resource } from "./resource.ts";
import { serverClock } from "./session.ts";

const EVERY_MS = 5_000;

export interface Floor {
  readonly pick: ShiftPick;
  readonly plant: Standing | null;
  readonly byUnit: ReadonlyMap<string, Standing>;
}

/** The shift that the address asks for. */
export const shiftPick = (): ShiftPick => (query.value.get("shift") === "previous" ? "previous" : "current");

export function useStanding(below = ""): Resource<Floor> {
  const pick = shiftPick();
  return useResource<Floor>(
    async () => {
      const found = await floorStanding(pick, below);
      const byUnit = new Map(found.items.map((each) => [each.unit, each]));
      return { pick, plant: byUnit.get("") ?? null, byUnit };
    },
    [pick, below],
    EVERY_MS,
  );
}

/** The moment that pieces are held against: now, or the end of the shift where it is over. */
export function standingNow(of: Standing): number {
  const now = serverClock.now();
  return of.end_ms === null ? now : Math.min(now, of.end_ms);
}

/** How one machine stands in the shift that runs; null while that is not known. */
export function useMachineStanding(machine: string): Standing | null {
  const found = useResource(() => floorStanding("current", machine), [machine], EVERY_MS);
  return found.value?.items.find((each) => each.unit === machine) ?? null;
}
