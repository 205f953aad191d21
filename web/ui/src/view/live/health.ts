/** The gateway's health, at most once a second from the live feed; subscribed while a page shows it. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { health as fetchHealth } from "../../data/rest/api.ts";
import type { Health } from "../../data/rest/model.ts";
import { live } from "./session.ts";

export const health = signal<Health | null>(null);

/** Keeps `health` up to date for the life of a component. */
export function useHealth(): void {
  useEffect(() => {
    const subscription = live.subscribe({
      view: "health",
      receiver: {
        health: (document_) => {
          health.value = document_ as Health;
        },
      },
    });
    if (health.peek() === null) {
      fetchHealth().then(
        (value) => (health.value ??= value),
        // The feed brings it too; the banner says when neither does.
        () => undefined,
      );
    }
    return () => {
      live.unsubscribe(subscription);
    };
  }, []);
}
