/** The frame of every page, and which page an address shows. */

import { Component, type ComponentChildren, type JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { Empty, Failed } from "../parts/states.tsx";
import { Announcer } from "./announcer.tsx";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { Help } from "./help.tsx";
import { Nav, navOpen } from "./nav.tsx";
import { path } from "./router.ts";
import { ROUTES } from "./routes.ts";

/** A defect in one page must not leave the whole screen blank: an old picture could be taken for a live one. */
class Fence extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null };

  static override getDerivedStateFromError(error: unknown): { error: Error } {
    console.error(error);
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ComponentChildren {
    if (this.state.error === null) return this.props.children;
    return (
      <Failed
        title={t("state.crashed")}
        error={this.state.error}
        retry={() => {
          location.reload();
        }}
      />
    );
  }
}

export function App(): JSX.Element {
  const here = path.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const match = ROUTES.map((route) => ({ route, found: route.at.exec(here) })).find((each) => each.found !== null);
  useEffect(() => {
    const place = match === undefined ? t("state.no_page") : t(match.route.title);
    const rest = match?.found?.[1] === undefined ? "" : ` ${decodeURIComponent(match.found[1])}`;
    document.title = `${place}${rest} – ${t("app.name")}`;
    // After a change of page a screen reader goes on in the new page, not in the link that led there.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
  }, [here]);
  const Page = match?.route.page;
  if (Page !== undefined && match?.route.frame === "bare") {
    return (
      <>
        <Banner />
        <main id="main" ref={main} class="bare" tabIndex={-1}>
          <Fence key={here}>
            <Page rest={match.found?.[1] ?? ""} />
          </Fence>
        </main>
      </>
    );
  }
  return (
    <>
      <a class="skip" href="#main">
        {t("app.skip")}
      </a>
      <Header />
      <Banner />
      <div class={navOpen.value ? "shell shell-nav" : "shell"}>
        <Nav />
        <main id="main" ref={main} tabIndex={-1}>
          <Fence key={here}>
            {Page === undefined ? (
              <Empty title={t("state.no_page")} next={<a href="/floor">{t("state.to_floor")}</a>} />
            ) : (
              <Page rest={decodeURIComponent(match?.found?.[1] ?? "")} />
            )}
          </Fence>
        </main>
      </div>
      <Help />
      <Announcer />
    </>
  );
}
