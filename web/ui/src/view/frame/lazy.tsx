/** A page whose part of the program is loaded when it is first opened. */

import { signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { Failed, Loading } from "../parts/states.tsx";

export type Page = ComponentType<{ readonly rest: string }>;

/** Shows a page once its part of the program is here. */
export function lazy(load: () => Promise<Page>): Page {
  const page = signal<Page | null>(null);
  const failure = signal<Error | null>(null);
  let asked = false;
  return function Lazy(props) {
    useEffect(() => {
      if (asked) return;
      asked = true;
      load().then(
        (found) => (page.value = found),
        (error: unknown) => {
          asked = false;
          failure.value = error instanceof Error ? error : new Error(String(error));
        },
      );
    }, []);
    const Found = page.value;
    if (Found !== null) return <Found {...props} />;
    return failure.value === null ? (
      <Loading />
    ) : (
      <Failed
        error={failure.value}
        retry={() => {
          location.reload();
        }}
      />
    );
  };
}
