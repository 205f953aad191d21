/** Loads the page again, once for each new build, when the server serves another one or a part of it is gone. */

const KEY = "taktline.reloaded-for";

function once(build: string): void {
  if (sessionStorage.getItem(KEY) === build) return;
  sessionStorage.setItem(KEY, build);
  location.reload();
}

/** `page` is the build this page came from, `server` the one the server has now. */
export function reloadOnce(page: string, server: string): void {
  if (page === "development" || page === "" || server === "" || page === server) return;
  once(server);
}

/** A lazily loaded part was not found: after an update the old parts are gone. */
export function reloadOnMissingPart(): void {
  addEventListener("vite:preloadError", (event) => {
    event.preventDefault();
    once(`part:${String(document.querySelector<HTMLMetaElement>('meta[name="taktline-build"]')?.content)}`);
  });
}
