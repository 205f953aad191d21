/** Changes of work orders, as the event stream tells of them. */

import { useEffect } from "preact/hooks";
import type { WorkChange } from "../../data/rest/maintenance.ts";
import type { Resource } from "./resource.ts";
import { live } from "./session.ts";

/** Fetches anew at every change that concerns it, and where changes were missed, while a component lives. */
export function useWorkChanges(resource: Resource<unknown>, concerns: (event: WorkChange) => boolean = () => true): void {
  useEffect(() => {
    const subscription = live.subscribe({
      view: "work",
      receiver: {
        event: (event) => {
          if (concerns(event as WorkChange)) resource.soon();
        },
        reset: () => {
          resource.soon();
        },
      },
    });
    return () => {
      live.unsubscribe(subscription);
    };
  }, [resource]);
}
