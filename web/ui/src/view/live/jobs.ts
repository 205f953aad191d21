/** Jobs of the published schedule for machines of the floor; nothing where no schedule is published or may be read. */

import { jobsByPath, type Jobs } from "../../data/plant/jobs.ts";
import { board, schedules, type Board } from "../../data/rest/planning.ts";
import { useResource } from "./resource.ts";
import { serverClock } from "./session.ts";
import { who } from "./who.ts";

const EVERY_MS = 60_000;
const NONE: ReadonlyMap<string, Jobs> = new Map();

/** The schedule in force; to ask for a board where nothing is published would be an error. */
async function published(): Promise<Board | null> {
  const inForce = (await schedules()).find((each) => each.state === "published");
  return inForce === undefined ? null : board(inForce.version);
}

export function useJobs(): ReadonlyMap<string, Jobs> {
  const may = who.value === null || who.value.rights.includes("schedule.read");
  const found = useResource<Board | null>(async () => (may ? await published() : null), [may], EVERY_MS);
  const value = found.value;
  return value === null ? NONE : jobsByPath(value, serverClock.now());
}
