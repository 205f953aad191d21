/** Something fetched by REST as a page shows it: loading, ready or failed, and fetched again when told. */

import { signal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { phase } from "./session.ts";

export type Loaded<T> =
  | { readonly status: "loading" }
  | { readonly status: "ready"; readonly value: T }
  | { readonly status: "failed"; readonly error: Error; readonly code: number };

export class Resource<T> {
  readonly state: Signal<Loaded<T>> = signal<Loaded<T>>({ status: "loading" });
  private readonly fetch: () => Promise<T>;
  private running = false;
  private again = false;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(fetch: () => Promise<T>) {
    this.fetch = fetch;
  }

  get value(): T | null {
    return this.state.value.status === "ready" ? this.state.value.value : null;
  }

  /** Fetches now; a value already shown stays until the new one is here. One request at a time. */
  async load(): Promise<void> {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    try {
      const value = await this.fetch();
      if (!this.closed) this.state.value = { status: "ready", value };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = "status" in error ? Number(error.status) : 0;
      // While the connection is lost the banner speaks, and what is shown is marked as old.
      const keep = this.state.peek().status === "ready" && code === 0;
      if (!keep && !this.closed) this.state.value = { status: "failed", error, code };
    } finally {
      this.running = false;
      if (this.again && !this.closed) {
        this.again = false;
        this.soon();
      }
    }
  }

  /** Fetches after a moment, once for many calls: events come in bursts. */
  soon(delayMs = 200): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.load();
    }, delayMs);
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }
}

/** A resource for the life of a component: loaded at once, after each reconnect, and every `everyMs` where given. */
export function useResource<T>(fetch: () => Promise<T>, keys: readonly unknown[], everyMs = 0): Resource<T> {
  const resource = useMemo(() => new Resource(fetch), keys);
  useEffect(() => {
    void resource.load();
    let before = phase.peek();
    const stop = phase.subscribe((now) => {
      if (now === "live" && before !== "live") resource.soon();
      before = now;
    });
    const timer =
      everyMs > 0 ? setInterval(() => document.hidden || phase.peek() !== "live" || resource.soon(0), everyMs) : 0;
    return () => {
      stop();
      clearInterval(timer);
      resource.close();
    };
  }, [resource]);
  return resource;
}
