/** Loads the page again, once for each new build, when the server serves another one or a part of it is gone. */

const KEY = "taktline.reloaded-for";

const HEALTHY_EVERY_MS = 2_000;
let waitingFor: string | null = null;

/** A page that nobody watches must not be reloaded into an error: first the gateway has to say that it is there. */
async function healthy(): Promise<boolean> {
  try {
    return (await fetch("/healthz", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function once(build: string): void {
  if (sessionStorage.getItem(KEY) === build || waitingFor === build) return;
  waitingFor = build;
  const attempt = async (): Promise<void> => {
    if (!(await healthy())) {
      setTimeout(() => void attempt(), HEALTHY_EVERY_MS);
      return;
    }
    sessionStorage.setItem(KEY, build);
    location.reload();
  };
  void attempt();
}

/** The build this page came from. */
function own(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="taktline-build"]')?.content ?? "";
}

/** The build the server named first in the life of this page. */
let named: string | null = null;

/** Called with each welcome: a new name means that the server was updated under an open page. */
export async function reloadIfUpdated(name: string): Promise<void> {
  const updated = named !== null && named !== name;
  named ??= name;
  if (updated) {
    once(name);
    return;
  }
  if (own() === "development") return;
  const response = await fetch("/build.json", { cache: "no-store" });
  if (!response.ok) return;
  const served = (await response.json()) as { build?: unknown };
  if (typeof served.build === "string" && served.build !== own()) once(served.build);
}

/** A lazily loaded part was not found: after an update the old parts are gone. */
export function reloadOnMissingPart(): void {
  addEventListener("vite:preloadError", (event) => {
    event.preventDefault();
    once(`part:${own()}`);
  });
}
