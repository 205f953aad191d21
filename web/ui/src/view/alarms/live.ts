/** Alarms as the page holds them: all of them, fetched anew whenever the event stream tells of a change. */

import { useEffect } from "preact/hooks";
import { alarms, type Alarm } from "../../data/rest/alarms.ts";
import { useResource, type Resource } from "../live/resource.ts";
import { live } from "../live/session.ts";

/** Calls back at every change of any alarm, and where changes were missed, while a component lives. */
export function useAlarmChanges(changed: () => void, keys: readonly unknown[]): void {
  useEffect(() => {
    const subscription = live.subscribe({ view: "alarms", receiver: { event: changed, reset: changed } });
    return () => {
      live.unsubscribe(subscription);
    };
  }, keys);
}

export function useAlarms(): Resource<readonly Alarm[]> {
  const resource = useResource(alarms, []);
  useAlarmChanges(() => {
    resource.soon();
  }, [resource]);
  return resource;
}
