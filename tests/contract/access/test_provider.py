"""Signing in at a real OpenID provider of another maker: who comes in as what, and what is refused."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio

from gateway.access.oidc import fetch as asked
from gateway.access.rights import Grant, Role
from gateway.audit.port import Outcome
from gateway.clock import ManualClock, SystemClock
from gateway.errors import ConfigError
from tests.peers.access import LONG, House, house
from tests.peers.oidc_provider import OidcProvider

pytestmark = [pytest.mark.peer, pytest.mark.asyncio(loop_scope="module")]
PAGE = "http://localhost:8080"
BACK = f"{PAGE}/api/v1/session/provider/back"
BEGIN = "/api/v1/session/provider"


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OidcProvider]:
    with OidcProvider(tmp_path_factory.mktemp("provider"), page=PAGE) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def kept(
    tmp_path_factory: pytest.TempPathFactory, provider: OidcProvider
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    async with house(folder, oidc=provider.options(), public_url=PAGE) as made:
        yield made


@pytest.fixture
def home(kept: House, provider: OidcProvider) -> House:
    """One house for all; each test comes from an address of its own."""
    provider.tell(login="s-anna")
    # Another test may have turned the provider's keys; asking anew takes half a minute else.
    assert kept.office.provider is not None
    kept.office.provider._published._keys = None
    return kept


async def out(client: httpx.AsyncClient, provider: OidcProvider) -> str:
    """Leave for the provider; return the address that it sends the browser back to."""
    leaves = await client.get(BEGIN)
    assert leaves.status_code == 303, leaves.text
    return await provider.walk(leaves.headers["location"], back=BACK)


async def sign_in(client: httpx.AsyncClient, provider: OidcProvider) -> str:
    """Go there and back; return where the browser is sent then."""
    answer = await client.get(await out(client, provider))
    assert answer.status_code == 303, answer.text
    assert "taktline-flow=" in answer.headers["set-cookie"]
    return str(answer.headers["location"])


def changed(url: str, **said: str) -> str:
    """Return an address with parameters changed."""
    held = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    return str(httpx.URL(url).copy_with(params={**held, **said}))


def last(home: House) -> tuple[str, str, Outcome]:
    entry = home.audit.entries[-1]
    return entry.actor, entry.action, entry.outcome


async def test_a_person_of_the_provider_comes_in_with_the_roles_of_the_groups(
    home: House, provider: OidcProvider
) -> None:
    async with home.client("192.0.2.11") as client:
        ways = (await client.get("/api/v1/session/ways")).json()
        assert ways["provider"] == "Plant account"
        assert await sign_in(client, provider) == "/"
        me = (await client.get("/api/v1/session")).json()
        assert (me["name"], me["provider"]) == ("anna", "Plant account")
        assert sorted(me["grants"]) == ["supervisor@plant/bottling", "viewer"]
        acts = [(e.actor, e.action, e.outcome.value) for e in home.audit.entries]
        assert ("anna", "welcome_user", "asked") in acts, "before there was such a user"
        assert last(home) == ("anna", "sign_in", Outcome.OK)
        assert '"by":"provider"' in home.audit.entries[-1].detail
    (anna,) = [each for each in await home.office.desk.users() if each.name == "anna"]
    assert (anna.from_provider, anna.has_password) == (True, False)


async def test_groups_that_changed_change_roles_and_end_older_sessions(
    home: House, provider: OidcProvider
) -> None:
    async with home.client("192.0.2.12") as one, home.client("192.0.2.13") as two:
        assert await sign_in(one, provider) == "/"
        assert await sign_in(two, provider) == "/"
        assert (await one.get("/api/v1/session")).status_code == 200, "equal roles end nothing"
        provider.tell(people={"s-anna": {"preferred_username": "Anna", "groups": ["quality"]}})
        try:
            assert await sign_in(two, provider) == "/"
        finally:
            provider.tell(
                people={"s-anna": {"preferred_username": "Anna", "groups": ["supervisors"]}}
            )
        assert (await two.get("/api/v1/session")).json()["grants"] == ["quality"]
        assert (await one.get("/api/v1/session")).status_code == 401


async def test_who_is_in_no_group_that_has_a_role_is_refused_and_named(
    home: House, provider: OidcProvider
) -> None:
    provider.tell(login="s-bob")
    async with home.client("192.0.2.14") as client:
        assert await sign_in(client, provider) == "/#sign-in:refused"
        assert (await client.get("/api/v1/session")).status_code == 401
    assert last(home) == ("bob", "sign_in", Outcome.REFUSED)
    assert "no group" in home.audit.entries[-1].detail
    assert "bob" not in [user.name for user in await home.office.desk.users()]


async def test_nobody_of_the_provider_becomes_a_local_user(
    home: House, provider: OidcProvider
) -> None:
    provider.tell(login="s-root")
    async with home.client("192.0.2.15") as client:
        assert await sign_in(client, provider) == "/#sign-in:refused"
    assert "another user root" in home.audit.entries[-1].detail


async def test_who_was_disabled_here_stays_out(home: House, provider: OidcProvider) -> None:
    async with home.client("192.0.2.16") as client:
        assert await sign_in(client, provider) == "/"
        await home.office.desk.set_enabled("anna", "disabled")
        assert (await client.get("/api/v1/session")).status_code == 401
        assert await sign_in(client, provider) == "/#sign-in:refused"
        body = {"name": "anna", "password": ""}
        assert (await client.post("/api/v1/session", json=body)).status_code == 401
    await home.office.desk.set_enabled("anna", "active")


async def test_what_is_the_providers_cannot_be_changed_here(
    home: House, provider: OidcProvider
) -> None:
    async with home.client("192.0.2.17") as client:
        assert await sign_in(client, provider) == "/"
        csrf = (await client.get("/api/v1/session")).json()["csrf"]
        client.headers["x-csrf-token"] = csrf
        for path, body in (
            ("/api/v1/session/code", {}),
            ("/api/v1/session/passkeys/options", {"password": LONG}),
        ):
            answer = await client.post(path, json=body)
            assert (answer.status_code, "provider" in answer.text) == (409, True), answer.text
    async with home.signed_in("root") as root:
        reset = await root.post("/api/v1/users/anna/reset")
        assert reset.status_code == 409, reset.text
        grants = await root.patch("/api/v1/users/anna", json={"grants": ["administrator"]})
        assert grants.status_code == 409, grants.text


async def test_the_way_back_counts_once_in_the_browser_that_left(
    home: House, provider: OidcProvider
) -> None:
    async with home.client("192.0.2.18") as mine, home.client("192.0.2.19") as other:
        back = await out(mine, provider)
        refused = "/#sign-in:refused"
        assert (await other.get(back)).headers["location"] == refused, "no cookie: login CSRF"
        held = dict(mine.cookies)
        for wrong in (
            changed(back, state="x"),
            changed(back, iss="http://localhost:1"),
            changed(back, iss=""),
            changed(back, code=""),
            changed(back, error="access_denied"),
        ):
            mine.cookies.update(held)
            assert (await mine.get(wrong)).headers["location"] == refused, wrong
        mine.cookies.update(held)
        assert (await mine.get(back)).headers["location"] == "/"
        mine.cookies.update(held)
        assert (await mine.get(back)).headers["location"] == refused, "a code counts once"


async def test_time_on_the_way_and_keys_that_are_new(
    tmp_path: Path, provider: OidcProvider
) -> None:
    provider.tell(login="s-anna")
    clock = ManualClock(start_ns=SystemClock().now_ns())
    async with (
        house(tmp_path, oidc=provider.options(), public_url=PAGE, clock=clock) as home,
        home.client("192.0.2.20") as client,
    ):
        back = await out(client, provider)
        await clock.advance(601)
        assert (await client.get(back)).headers["location"] == "/#sign-in:refused"
        assert "ten minutes" in home.audit.entries[-1].detail
        await clock.advance(-601)
        assert await sign_in(client, provider) == "/"
        provider.tell(rotate=True)
        assert await sign_in(client, provider) == "/#sign-in:refused", "asked a moment ago"
        await clock.advance(31)
        assert await sign_in(client, provider) == "/", "an unknown key: asked anew"
        await clock.advance(3700)
        assert await sign_in(client, provider) == "/#sign-in:refused", "an hour ahead of it"
        assert "ExpiredTokenError" in home.audit.entries[-1].detail


async def test_who_leaves_here_leaves_there(home: House, provider: OidcProvider) -> None:
    async with home.client("192.0.2.21") as client:
        assert await sign_in(client, provider) == "/"
        client.headers["x-csrf-token"] = (await client.get("/api/v1/session")).json()["csrf"]
        told = await client.post("/api/v1/session/provider/leave")
        url = told.json()["url"]
        assert url.startswith(f"{provider.issuer}/session/end?")
        assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == [f"{PAGE}/"]
        async with httpx.AsyncClient(verify=False) as browser:
            assert (await browser.get(url)).status_code == 200, "the provider knows page and client"
        assert (await client.delete("/api/v1/session")).status_code == 204
        assert (await client.get("/api/v1/session")).status_code == 401
    async with home.signed_in("root") as root:
        assert (await root.post("/api/v1/session/provider/leave")).json()["url"] == ""


async def test_groups_may_be_told_beside_the_token(home: House, provider: OidcProvider) -> None:
    provider.tell(groups_at="userinfo")
    try:
        async with home.client("192.0.2.22") as client:
            assert await sign_in(client, provider) == "/"
            assert (await client.get("/api/v1/session")).json()["name"] == "anna"
    finally:
        provider.tell(groups_at="token")


async def test_a_provider_that_refuses_us_lets_nobody_in(
    tmp_path: Path, provider: OidcProvider
) -> None:
    wrong = provider.options(client_secret="wrong")
    async with (
        house(tmp_path, oidc=wrong, public_url=PAGE) as home,
        home.client("192.0.2.23") as client,
    ):
        assert await sign_in(client, provider) == "/#sign-in:refused"
        assert "does not redeem the code: 401" in home.audit.entries[-1].detail
        async with home.signed_in("root") as root:
            assert (await root.get("/api/v1/users")).status_code == 200, "local users come in"


async def test_trying_in_vain_is_slowed_down(home: House, provider: OidcProvider) -> None:
    address = f"192.0.3.{secrets.randbelow(256)}"
    async with home.client(address) as client:
        words = [
            (await client.get(f"{BEGIN}/back?state=x&code=y")).headers["location"]
            for _ in range(22)
        ]
    assert words == ["/#sign-in:refused"] * 20 + ["/#sign-in:wait"] * 2
    refusals = [e for e in home.audit.entries if e.address == address]
    assert len(refusals) == 20, "what is refused while locked fills no audit"


async def test_a_provider_that_is_away_and_a_house_without_administrator(tmp_path: Path) -> None:
    away = {"issuer": "http://localhost:9", "client_id": "x", "roles": {"a": ["viewer"]}}
    async with house(
        tmp_path, administrator="", oidc=away, public_url=PAGE, host="0.0.0.0"
    ) as home:
        async with home.client("192.0.2.9") as far:
            assert (await far.get(BEGIN)).status_code == 403
        await home.person("late", Grant(Role.ADMINISTRATOR))
        async with home.client("192.0.2.9") as far:
            assert (await far.get(BEGIN)).headers["location"] == "/#sign-in:away"


async def test_only_declared_hosts_are_asked() -> None:
    http = asked.HttpFetch(frozenset({"localhost"}), ca_file=None)
    for url in ("https://169.254.169.254/latest", "http://login.example/", "file:///etc/passwd"):
        with pytest.raises(ConfigError):
            http(url)
