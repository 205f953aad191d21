/** Who is signed in on this page; whatever says that nobody is any more leads here. */

import { computed, signal } from "@preact/signals";
import { ApiError, onSignedOut, setCsrf } from "../../data/rest/request.ts";
import { session, type Session } from "../../data/rest/session.ts";

export type Door = "checking" | "in" | "out";

export const who = signal<Session | null>(null);
/** Whether connectors, mappings and dead letters may be acted on. */
export const mayConfigure = computed(() => may("configuration.approve"));
export const mayExport = computed(() => may("export"));
export const mayNote = computed(() => may("downtime.propose"));
export const mayMakeBoards = computed(() => may("board.propose"));
export const mayShareBoards = computed(() => may("board.approve"));
export const door = signal<Door>("checking");

export function signedOut(): void {
  who.value = null;
  setCsrf("");
  door.value = "out";
}

/** Asks who is signed in; where the gateway cannot say, the page starts and shows that it is disconnected. */
export async function askWho(): Promise<void> {
  onSignedOut(signedOut);
  try {
    const found = await session();
    who.value = found;
    setCsrf(found.csrf);
    door.value = "in";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) signedOut();
    else if (door.value === "checking") door.value = "in";
  }
}

/** Whether who is signed in holds a right somewhere; the gateway decides again on each request. */
export const may = (right: string): boolean => who.value?.rights.includes(right) ?? false;
