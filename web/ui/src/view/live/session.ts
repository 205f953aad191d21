/** The page's one connection: the live client, what it says of itself, and the plant's clock and zone. */

import { signal } from "@preact/signals";
import { LiveClient, type Phase } from "../../data/live/client.ts";
import { ServerClock } from "../../data/live/clock.ts";
import type { Welcome } from "../../data/live/protocol.ts";
import { PlantZone } from "../../data/plant/zone.ts";
import { plant } from "../../data/rest/api.ts";
import { reloadIfUpdated } from "./reload.ts";

const monotonic = (): number => performance.now();

export const serverClock = new ServerClock(monotonic);
export const phase = signal<Phase>("stopped");
/** When the server was last heard before the present outage, monotonic; null while live. */
export const lostSinceMs = signal<number | null>(monotonic());
export const everLive = signal(false);
export const zone = signal(new PlantZone("UTC"));
export const zoneKnown = signal(false);
export const site = signal("");
/** The plant's choice of units; empty until it is known. */
export const plantUnits = signal("");
/** A zone that the address asks for in place of the plant's; empty where it asks for none, or for one that is not known. */
const askedZone = ((): string => {
  const asked = new URLSearchParams(location.search).get("tz") ?? "";
  try {
    return asked === "" ? "" : new PlantZone(asked).name;
  } catch (error) {
    console.info("no such time zone", error);
    return "";
  }
})();

export const live = new LiveClient({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/live`,
  clock: serverClock,
  now: monotonic,
  random: Math.random,
  open: (url, protocol) => new WebSocket(url, protocol),
  onPhase: (next) => {
    phase.value = next;
    if (next === "live") {
      lostSinceMs.value = null;
      everLive.value = true;
    } else {
      lostSinceMs.value ??= Number.isNaN(live.lastHeardMs) ? monotonic() : live.lastHeardMs;
    }
  },
  onWelcome: (welcome) => {
    greet(welcome);
  },
});

function greet(welcome: Welcome): void {
  const wanted = askedZone === "" ? welcome.time_zone : askedZone;
  if (zone.value.name !== wanted || !zoneKnown.value) {
    zone.value = new PlantZone(wanted);
    zoneKnown.value = true;
  }
  reloadIfUpdated(welcome.build).catch((error: unknown) => {
    // The connection was lost again: the next welcome asks again.
    console.info("build not compared", error);
  });
}

/** How long the connection has been lost, in milliseconds. */
export function lostForMs(): number {
  return lostSinceMs.value === null ? 0 : monotonic() - lostSinceMs.value;
}

export function start(): void {
  live.start();
  addEventListener("online", () => {
    live.retryNow();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) live.retryNow();
  });
  plant().then(
    (document_) => {
      site.value = document_.site;
      plantUnits.value = document_.units;
    },
    // The name of the site is an ornament; the banner says that the gateway does not answer.
    () => undefined,
  );
}
