"""The page before sign-in, in a real browser: set-up, every way in, a session that ends, and a display."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from tests.e2e.product import Gateway
from tests.peers.browser import Watch, chromium, violations
from tests.peers.oidc_provider import OidcProvider
from web.build_ui import WEB, build, install

LONG = "a sentence that nobody else knows"
pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    install(WEB / "ui")
    build()
    with chromium() as started:
        yield started


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that asks for sign-in, known as localhost, and the provider of its plant."""
    made = Gateway(tmp_path, {})
    here = named(made)
    with OidcProvider(tmp_path, page=here) as provider:
        web = {"port": made.port, "sign_in": "required", "public_url": here}
        config = {
            **made.config,
            "web": web,
            "access": {"oidc": provider.options(name_prefix="sso-")},
        }
        made.file.write_text(yaml.safe_dump(config), "utf-8")
        try:
            yield made.start()
        finally:
            made.close()


def named(product: Gateway) -> str:
    """The product's address by a name: browsers bind passkeys to no number."""
    return f"http://localhost:{product.port}"


def by_passkey(browser: Browser, product: Gateway, link: str) -> None:
    """Set a password, add a passkey in Chromium's own device, and sign in by it alone."""
    context = browser.new_context(base_url=named(product))
    context.set_default_timeout(30_000)
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    set_up(page, link, "")
    sign_in(page, "dora", LONG)
    page.wait_for_selector("[data-phase=live]")
    page.goto("/account")
    page.fill("#passkey-label", "Telephone")
    page.fill("#passkey-password", "not the password")
    page.click("text=Add passkey")
    expect(page.locator("[data-section=passkeys] .told")).to_contain_text("do not fit")
    page.fill("#passkey-label", "Telephone")
    page.fill("#passkey-password", LONG)
    page.click("text=Add passkey")
    page.wait_for_selector("[data-passkey=Telephone]")
    assert violations(page) == []
    held = device.send("WebAuthn.getCredentials", made)["credentials"]
    assert [each["rpId"] for each in held] == ["localhost"]
    page.click(".sign-out")
    page.click("text=Sign in with a passkey")
    page.wait_for_selector("[data-phase=live]")
    expect(page.locator(".me a")).to_have_text("dora")
    page.goto("/account")
    expect(page.locator("[data-passkey=Telephone]")).to_contain_text("last used")
    page.click("text=Remove Telephone")
    expect(page.locator("[data-passkey]")).to_have_count(0)
    page.click(".sign-out")
    page.click("text=Sign in with a passkey")
    expect(page.get_by_role("alert").last).to_contain_text("not known here")
    context.close()


def by_provider(browser: Browser, product: Gateway) -> None:
    """Go to the provider and come back signed in; leave there too."""
    context = browser.new_context(base_url=named(product))
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto("/floor")
    page.wait_for_selector("text=Sign in with Plant account")
    assert violations(page) == []
    page.goto("/floor#sign-in:refused")
    page.reload()
    expect(page.locator(".mistake")).to_contain_text("ask an administrator")
    assert "#" not in page.url
    page.click("text=Sign in with Plant account")
    page.wait_for_selector("[data-phase=live]")
    expect(page.locator(".me a")).to_have_text("sso-anna")
    page.click(".sign-out")
    page.wait_for_url(re.compile("/session/end"))
    page.goto("/floor")
    page.wait_for_selector("#username")
    context.close()


def visit(browser: Browser, product: Gateway, scheme: str) -> tuple[Page, Watch]:
    context = browser.new_context(base_url=product.url, color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    context.set_default_timeout(15_000)
    page, watch = context.new_page(), Watch(product.url)
    watch.follow(page)
    return page, watch


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("#username", name)
    page.fill("#password", password)
    page.click("button[type=submit]")


def set_up(page: Page, link: str, name: str) -> None:
    page.goto(link)
    if name:
        page.fill("#username", name)
    page.fill("#password", LONG)
    page.fill("#again", LONG)
    page.click("button[type=submit]")
    page.wait_for_selector("#password[autocomplete=current-password]")


def test_the_door_opens_and_closes(browser: Browser, product: Gateway) -> None:
    found = re.search(r"/setup#tkl_[\w-]+", product.log.read_text("utf-8"))
    assert found is not None
    page, watch = visit(browser, product, "light")
    page.goto(found.group(0))
    page.wait_for_selector("#again")
    assert "tkl_" not in page.url, "the secret leaves the address"
    assert violations(page) == []
    page.reload()
    set_up(page, found.group(0), "anna")
    assert violations(page) == []
    sign_in(page, "anna", "not the password")
    expect(page.locator(".mistake")).to_contain_text("do not fit")
    sign_in(page, "anna", LONG)
    page.wait_for_selector("[data-phase=live]")
    assert watch.strangers == []
    assert [error for error in watch.errors if "401" not in error] == []

    page.click(".me a")
    page.wait_for_selector("[data-person=anna]")
    assert violations(page) == []
    page.fill("#person", "carl")
    page.select_option("#person-role", "viewer")
    page.click("text=Add person")
    page.wait_for_selector("[data-person=carl]")
    page.click("text=Disable anna")
    expect(page.locator(".told >> nth=2")).to_contain_text("last administrator")

    page.fill("#service", "prometheus")
    page.fill("#service-rights", "metrics")
    page.click("text=Add service")
    secret = page.get_by_text("shown this once: tkt_").inner_text().rpartition(" ")[2]
    scraped = {"authorization": f"Bearer {secret}"}
    assert httpx.get(f"{product.url}/metrics", headers=scraped).status_code == 200
    assert httpx.get(f"{product.url}/api/v1/users", headers=scraped).status_code == 403
    expect(page.locator("[data-token=prometheus]")).to_contain_text("machine, of that only metrics")
    page.click("text=End prometheus")
    expect(page.locator("[data-token=prometheus]")).to_contain_text("ended")
    assert httpx.get(f"{product.url}/metrics", headers=scraped).status_code == 401
    assert violations(page) == []

    api = httpx.Client(base_url=product.url)
    signed = api.post("/api/v1/session", json={"name": "anna", "password": LONG}).json()
    api.headers["x-csrf-token"] = signed["csrf"]
    bob = api.post("/api/v1/users", json={"name": "bob", "grants": ["operator@test/a"]}).json()
    dark, _ = visit(browser, product, "dark")
    set_up(dark, bob["path"], "")
    assert violations(dark) == []
    sign_in(dark, "bob", LONG)
    dark.wait_for_selector("[data-phase=live]")
    assert api.patch("/api/v1/users/bob", json={"state": "disabled"}).status_code == 204
    dark.wait_for_selector("#username")
    expect(dark.locator("header")).to_have_count(0)

    dora = api.post("/api/v1/users", json={"name": "dora", "grants": ["viewer"]}).json()
    by_passkey(browser, product, dora["path"])
    by_provider(browser, product)

    wall = api.post("/api/v1/tokens", json={"name": "wall", "page": "floor"}).json()
    display, _ = visit(browser, product, "dark")
    display.goto(f"/setup#{wall['secret']}")
    display.wait_for_selector("[data-phase=live]")
    assert display.url.endswith("/floor")
    expect(display.locator(".sign-out")).to_have_count(0)
    api.close()

    page.click("text=Set up one-time codes")
    page.wait_for_selector("svg.qr")
    assert violations(page) == []
    key = page.get_by_text("Key: ").inner_text().removeprefix("Key: ")
    page.fill("#confirm-code", pyotp.TOTP(key).now())
    page.click("text=Ask for codes from now on")
    expect(page.locator("[data-part=codes] .told")).to_contain_text("asks for a code")
    expect(page.locator("svg.qr")).to_have_count(0)

    page.click(".sign-out")
    page.wait_for_selector("#username")
    page.reload()
    page.wait_for_selector("#username")
