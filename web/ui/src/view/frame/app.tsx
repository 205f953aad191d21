/** The frame of every page, and which page an address shows. */

import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType, type JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { FloorPage } from "../floor/page.tsx";
import { t, type Key } from "../i18n/index.ts";
import { Empty, Failed, Loading } from "../parts/states.tsx";
import { Announcer } from "./announcer.tsx";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { Help } from "./help.tsx";
import { path } from "./router.ts";

type Page = ComponentType<{ readonly rest: string }>;

/** Shows a page once its part of the program is here. */
function lazy(load: () => Promise<Page>): Page {
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

interface Route {
  readonly at: RegExp;
  readonly page: Page;
  readonly title: Key;
  /** A wall screen has nothing around its board that could be pressed. */
  readonly frame?: "bare";
}

const ROUTES: readonly Route[] = [
  { at: /^\/(?:floor\/?)?$/, page: FloorPage, title: "nav.floor" },
  {
    at: /^\/machine\/(.+?)\/?$/,
    page: lazy(async () => (await import("../machine/page.tsx")).MachinePage),
    title: "search.machine",
  },
  { at: /^\/issues\/?$/, page: lazy(async () => (await import("../issues/list.tsx")).IssuesPage), title: "nav.issues" },
  {
    at: /^\/issues\/(\d+)$/,
    page: lazy(async () => (await import("../issues/detail.tsx")).IssuePage),
    title: "search.issue",
  },
  {
    at: /^\/explore\/?$/,
    page: lazy(async () => (await import("../explore/page.tsx")).ExplorePage),
    title: "nav.explore",
  },
  {
    at: /^\/kiosk\/([\w-]+)\/?$/,
    page: lazy(async () => (await import("../kiosk/page.tsx")).KioskPage),
    title: "nav.kiosk",
    frame: "bare",
  },
  {
    at: /^\/health\/connectors\/?$/,
    page: lazy(async () => (await import("../health/connectors.tsx")).ConnectorsPage),
    title: "health.connectors",
  },
  {
    at: /^\/health\/unknown\/?$/,
    page: lazy(async () => (await import("../health/unknown.tsx")).UnknownPage),
    title: "health.unknown_short",
  },
  {
    at: /^\/health\/dead-letters\/?$/,
    page: lazy(async () => (await import("../health/dead-letters.tsx")).DeadLettersPage),
    title: "health.dead",
  },
  {
    at: /^\/health\/gaps\/?$/,
    page: lazy(async () => (await import("../health/gaps.tsx")).GapsPage),
    title: "health.gaps_short",
  },
  {
    at: /^\/admin\/?$/,
    page: lazy(async () => (await import("../people/page.tsx")).PeoplePage),
    title: "people.title",
  },
  { at: /^\/health\/?$/, page: lazy(async () => (await import("../health/page.tsx")).HealthPage), title: "nav.health" },
];

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
      <main id="main" ref={main} tabIndex={-1}>
        <Fence key={here}>
          {Page === undefined ? (
            <Empty title={t("state.no_page")} next={<a href="/floor">{t("state.to_floor")}</a>} />
          ) : (
            <Page rest={decodeURIComponent(match?.found?.[1] ?? "")} />
          )}
        </Fence>
      </main>
      <Help />
      <Announcer />
    </>
  );
}
