"""Passkeys over HTTP: made, used, listed and ended, and every answer that is not quite one refused."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.access.rights import Grant, Role
from gateway.audit.port import Outcome
from gateway.clock import ManualClock
from tests.peers.access import LONG, House, house
from tests.peers.authenticator import UP, Device

pytestmark = pytest.mark.asyncio(loop_scope="module")
PAGE = "https://floor.example"
MINE, ASK, IN = (
    "/api/v1/session/passkeys",
    "/api/v1/session/passkey/options",
    "/api/v1/session/passkey",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """One house for all; each test has a person of its own, who comes from an address of its own."""
    folder = tmp_path_factory.mktemp("house")
    async with house(folder, clock=ManualClock(), public_url=PAGE) as made:
        yield made


async def added(client: httpx.AsyncClient, device: Device, label: str = "Telephone") -> str:
    """Add a passkey; return its id."""
    offer = await client.post(f"{MINE}/options", json={"password": LONG})
    assert offer.status_code == 200, offer.text
    told = offer.json()
    body = {"credential": device.create(told["options"]), "flow": told["flow"], "label": label}
    made = await client.post(MINE, json=body)
    assert made.status_code == 201, made.text
    again = await client.post(MINE, json=body)
    assert again.status_code == 422, "an offer counts once"
    return str(made.json()["id"])


async def offered(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.post(ASK)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_passkey_stands_for_password_and_code(home: House) -> None:
    name = f"anna-{secrets.token_hex(3)}"
    await home.person(name, Grant(Role.SUPERVISOR, "plant"))
    device = Device(PAGE, counts=False)
    async with home.signed_in(name) as anna:
        wrong = await anna.post(f"{MINE}/options", json={"password": "not this sentence"})
        assert (wrong.status_code, wrong.json()["title"]) == (403, "Not added")
        kept = await added(anna, device)
        offer = (await anna.post(f"{MINE}/options", json={"password": LONG})).json()["options"]
        assert offer["authenticatorSelection"]["userVerification"] == "required"
        assert [each["id"] for each in offer["excludeCredentials"]] == [
            device.create(offer)["id"]
        ], "a device keeps one for a person"
        assert name not in offer["user"]["id"]
    async with home.client("192.0.2.31") as client:
        told = await offered(client)
        body = {"credential": device.get(told["options"]), "flow": told["flow"]}
        answer = await client.post(IN, json=body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["name"] == name
        assert answer.headers["set-cookie"].startswith("__Host-taktline=")
        replayed = await client.post(IN, json=body)
        assert (replayed.status_code, replayed.json()["title"]) == (401, "Not signed in")
        assert "not begun here" in replayed.text, (
            "a challenge counts once, whether a device counts or not"
        )
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        (entry,) = (await client.get(MINE)).json()["items"]
        assert (entry["id"], entry["label"], entry["used_ms"] is not None) == (
            kept,
            "Telephone",
            True,
        )
        said = [(e.action, e.outcome) for e in home.audit.entries if e.actor == name]
        assert ("add_passkey", Outcome.ASKED) in said
        assert ("sign_in", Outcome.OK) in said[-3:]
        assert "credential" not in " ".join(e.detail for e in home.audit.entries)
        assert (await client.delete(f"{MINE}/{kept}")).status_code == 204
        assert (await client.delete(f"{MINE}/{kept}")).status_code == 404
        told = await offered(client)
        body = {"credential": device.get(told["options"]), "flow": told["flow"]}
        assert (await client.post(IN, json=body)).status_code == 401, "removed"


def _signed(device: Device, options: dict[str, Any], **said: str) -> dict[str, Any]:
    made = device.get(options)
    made["response"] |= said
    return made


LIES: dict[str, Callable[[Device, dict[str, Any]], Any]] = {
    "another page": lambda d, o: replace(d, origin="https://floor.example.evil").get(o),
    "another site": lambda d, o: d.get(o, rp_id="evil.example"),
    "another key": lambda d, o: replace(d, key=Device(PAGE).key).get(o),
    "another challenge": lambda d, o: d.get(o | {"challenge": "AAAA"}),
    "nobody verified": lambda d, o: replace(d, flags=UP).get(o),
    "nobody there": lambda d, o: replace(d, flags=0x04).get(o),
    "counting back": lambda d, o: replace(d, count=3).get(o),
    "another's handle": lambda d, o: replace(d, handle="AAAA").get(o),
    "a signature of nothing": lambda d, o: _signed(d, o, signature=""),
    "no answer": lambda _d, _o: {},
    "an id alone": lambda d, o: {"id": d.get(o)["id"], "response": {"userHandle": 7}},
}


async def test_every_answer_that_is_not_quite_one_is_refused(home: House) -> None:
    name = f"bob-{secrets.token_hex(3)}"
    await home.person(name, Grant(Role.OPERATOR))
    device = Device(PAGE)
    async with home.signed_in(name) as bob:
        await added(bob, device)
    async with home.client("192.0.2.32") as client:
        told = await offered(client)
        device.count = 5
        good = {"credential": device.get(told["options"]), "flow": told["flow"]}
        assert (await client.post(IN, json=good)).status_code == 200
        client.cookies.clear()
        assert isinstance(home.clock, ManualClock)
        for what, lie in LIES.items():
            told = await offered(client)
            body = {"credential": lie(device, told["options"]), "flow": told["flow"]}
            answer = await client.post(IN, json=body)
            assert answer.status_code == 401, (what, answer.text)
            assert home.audit.entries[-1].outcome is Outcome.REFUSED, what
            await home.clock.advance(1000)  # past every wait that guessing earns
        for flow in ("", "gAAAA", told["flow"]):
            body = {"credential": device.get(told["options"]), "flow": flow}
            answer = await client.post(IN, json=body)
            assert answer.status_code == 401, "an offer is good for five minutes"
            await home.clock.advance(1000)
        told = await offered(client)
        await home.office.desk.set_enabled(name, "disabled")
        body = {"credential": device.get(told["options"]), "flow": told["flow"]}
        assert (await client.post(IN, json=body)).status_code == 401


async def test_a_passkey_ends_with_a_reset_and_is_one_persons(home: House) -> None:
    one, two = f"carl-{secrets.token_hex(3)}", f"dora-{secrets.token_hex(3)}"
    for name in (one, two):
        await home.person(name, Grant(Role.OPERATOR))
    device = Device(PAGE)
    async with home.signed_in(one) as carl, home.signed_in(two) as dora:
        kept = await added(carl, device)
        assert (await dora.get(MINE)).json()["items"] == []
        assert (await dora.delete(f"{MINE}/{kept}")).status_code == 404
        offer = (await dora.post(f"{MINE}/options", json={"password": LONG})).json()
        body = {"credential": device.create(offer["options"]), "flow": offer["flow"]}
        taken = await dora.post(MINE, json=body | {"label": "Mine"})
        assert taken.status_code == 409, taken.text
        offer = (await carl.post(f"{MINE}/options", json={"password": LONG})).json()
        other = Device(PAGE)
        body = {"credential": other.create(offer["options"]), "flow": offer["flow"]}
        for label in ("", "a\nb", "x" * 65):
            assert (await carl.post(MINE, json=body | {"label": label})).status_code == 422
        stolen = await dora.post(MINE, json=body | {"label": "Theirs"})
        assert stolen.status_code == 422, "an offer is one person's"
        for _ in range(9):
            await added(carl, Device(PAGE))
        full = await carl.post(f"{MINE}/options", json={"password": LONG})
        assert (full.status_code, "the most" in full.text) == (409, True)
    await home.office.desk.reset(one)
    async with home.client("192.0.2.33") as client:
        told = await offered(client)
        body = {"credential": device.get(told["options"]), "flow": told["flow"]}
        assert (await client.post(IN, json=body)).status_code == 401


@pytest.mark.parametrize(
    ("options", "at"),
    [
        ({}, "http://localhost:8080"),
        ({"host": "0.0.0.0"}, ""),
        ({"public_url": "http://floor.example"}, ""),
        ({"public_url": "https://192.0.2.1"}, ""),
        ({"public_url": "https://floor.example:8443"}, "https://floor.example:8443"),
    ],
)
async def test_passkeys_are_offered_where_browsers_would_bind_them(
    home: House, options: dict[str, Any], at: str
) -> None:
    held = home.app.state.options
    home.app.state.options = type(held).model_validate(options)
    try:
        async with home.client() as client:
            ways = (await client.get("/api/v1/session/ways")).json()
            assert ways == {"provider": "", "passkeys_at": at}
            assert (await client.post(ASK)).status_code == (200 if at else 409)
    finally:
        home.app.state.options = held
