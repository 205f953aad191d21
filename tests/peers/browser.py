"""A real Chromium for tests of the page: how it is started, and what it must not do while a page is open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.peers.process import need

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE = Path(__file__).parents[2] / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
WCAG_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Debian's Chromium without its windows, at half their cost, or skip with the command that installs it."""
    path = need("chromium-headless-shell")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What a page did that it must not: console errors, uncaught errors, requests to another origin."""

    origin: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page from before its first address."""
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        page.on("websocket", lambda socket: self._address(socket.url))

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.origin).netloc:
            self.strangers.append(url)


def violations(page: Page, *, colours_only: bool = False) -> list[str]:
    """Return what axe finds against WCAG 2.2 A and AA, or its contrast alone, one line each with the elements it means."""
    # Evaluated, not added as a script: the page's content policy allows none but its own.
    page.evaluate(AXE.read_text("utf-8"))
    wanted = (
        {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
        if colours_only
        else {"type": "tag", "values": WCAG_AA}
    )
    found: dict[str, Any] = page.evaluate("wanted => axe.run(document, {runOnly: wanted})", wanted)
    return [
        f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']][:5]}"
        for each in found["violations"]
    ]
