"""Signing in over HTTP: cookies, csrf, throttling, set-up, displays, and an audit that must be written first."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pyotp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.access.rights import Grant, Role
from gateway.clock import ManualClock
from tests.peers.access import LONG, house
from web.qr import qr_rows

FILLER = "plant/bottling/line1/filler"
ACK = "/api/v1/issues/2/acknowledge"
NOT_HERE = "192.0.2.9"


async def test_nobody_is_served_but_this_machine_until_there_is_an_administrator(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, administrator="", host="0.0.0.0") as home:
        secret = await home.office.desk.setup_link()
        body = {"secret": secret, "name": "Anna", "password": LONG}
        async with home.client(NOT_HERE) as far, home.client() as near:
            for answer in (
                await far.get("/api/v1/plant"),
                await far.post("/api/v1/session/link", json=body),
            ):
                assert (answer.status_code, answer.json()["title"]) == (403, "Not set up yet")
            short = await near.post("/api/v1/session/link", json=body | {"password": "short"})
            assert short.status_code == 422
            made = await near.post("/api/v1/session/link", json=body)
            assert made.status_code == 204, made.text
            again = await near.post("/api/v1/session/link", json=body)
            assert again.status_code == 401
            assert (await far.get("/api/v1/plant")).status_code == 401
        async with home.signed_in("anna", NOT_HERE) as anna:
            assert (await anna.get("/api/v1/users")).status_code == 200


async def test_the_first_link_makes_no_second_administrator(tmp_path: Path) -> None:
    async with house(tmp_path, administrator="") as home, home.client() as near:
        secret = await home.office.desk.setup_link()
        await home.person("root", Grant(Role.ADMINISTRATOR))
        body = {"secret": secret, "name": "eve", "password": LONG}
        assert (await near.post("/api/v1/session/link", json=body)).status_code == 401
        assert [user.name for user in await home.office.desk.users()] == ["root"]


@pytest.mark.parametrize(
    ("options", "name", "flags"),
    [
        ({}, "taktline=", {"HttpOnly", "SameSite=strict", "Path=/"}),
        (
            {"public_url": "https://floor.example"},
            "__Host-taktline=",
            {"HttpOnly", "SameSite=strict", "Path=/", "Secure"},
        ),
    ],
)
async def test_the_cookie_is_bound_as_tightly_as_the_transport_allows(
    tmp_path: Path, options: dict[str, Any], name: str, flags: set[str]
) -> None:
    async with house(tmp_path, **options) as home, home.client() as client:
        answer = await client.post("/api/v1/session", json={"name": "ROOT ", "password": LONG})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(name)
        assert set(cookie.split("; ")[1:]) == flags
        assert ("strict-transport-security" in answer.headers) == bool(options)
        secret = cookie.partition("=")[2].partition(";")[0]
        assert len(secret) > 43
        held = await home.store.run(
            lambda c: c.exec_driver_sql("SELECT * FROM access_session").fetchall()
        )
        assert secret not in str(held)


async def test_a_session_gets_a_new_secret_at_each_sign_in(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.client() as client:
        body, held = {"name": "root", "password": LONG}, "tks_planted-by-somebody-else"
        for _ in range(2):
            answer = await client.post(
                "/api/v1/session", json=body, headers={"cookie": f"taktline={held}"}
            )
            client.cookies.clear()
            former, held = held, answer.cookies["taktline"]
            assert held != former
            told = await client.get("/api/v1/plant", headers={"cookie": f"taktline={former}"})
            assert told.status_code == 401, "the one before has ended"


async def test_a_change_repeats_the_csrf_value_of_its_own_session(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.signed_in("root") as root:
        right = root.headers.pop("x-csrf-token")
        for wrong in ("", "x", right[:-1], right + "é"):
            headers: dict[str, Any] = {"x-csrf-token": wrong.encode()} if wrong else {}
            answer = await root.post(ACK, headers=headers)
            assert (answer.status_code, answer.json()["title"]) == (403, "Not from this page")
        async with home.signed_in("root") as other:
            stolen = {"x-csrf-token": other.headers["x-csrf-token"]}
            assert (await root.post(ACK, headers=stolen)).status_code == 403
        foreign = {"x-csrf-token": right, "origin": "http://evil.example"}
        assert (await root.post(ACK, headers=foreign)).status_code == 403
        assert (await root.post(ACK, headers={"x-csrf-token": right})).status_code == 200


async def test_no_header_of_a_client_is_who_it_is(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.client() as client:
        for headers in (
            {"referer": "http://localhost:8080/"},
            {"x-forwarded-user": "root"},
            {"x-forwarded-for": "127.0.0.1"},
            {"authorization": "Basic cm9vdDpyb290"},
            {"authorization": "Bearer "},
            {"authorization": "Bearer tkt_" + "x" * 5000},
            {"cookie": "taktline=tks_\x7f"},
        ):
            answer = await client.get("/api/v1/users", headers=headers)
            assert answer.status_code == 401, headers


async def test_guessing_is_slowed_down_and_does_not_fill_the_audit(tmp_path: Path) -> None:
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as home, home.client(NOT_HERE) as client:

        async def guess(name: str, password: str) -> int:
            answer = await client.post("/api/v1/session", json={"name": name, "password": password})
            return answer.status_code

        assert [await guess("root", f"wrong {n}") for n in range(8)] == [401] * 5 + [429] * 3
        assert await guess("root", LONG) == 429, "the right one waits as well"
        kept = [each for each in home.audit.entries if each.action == "sign_in"]
        assert len(kept) == 5
        assert kept[-1].detail == '{"why":"locked"}'
        await clock.advance(31)
        assert await guess("root", LONG) == 200
        assert [await guess(f"user{n}", "wrong") for n in range(21)].count(401) == 15
        assert await guess("root", LONG) == 429, "the whole address waits"
        async with home.client() as elsewhere:
            body = {"name": "root", "password": LONG}
            assert (await elsewhere.post("/api/v1/session", json=body)).status_code == 200


async def test_a_declared_proxy_names_the_address_and_nobody_else(tmp_path: Path) -> None:
    async with house(tmp_path, trusted_proxies=["10.0.0.1"]) as home:
        for peer, seen in (("10.0.0.1", "192.0.2.1"), ("10.0.0.2", "10.0.0.2")):
            async with home.client(peer) as client:
                await client.post(
                    "/api/v1/session",
                    json={"name": "x", "password": "y"},
                    headers={"x-forwarded-for": "127.0.0.1, 192.0.2.1"},
                )
                assert home.audit.entries[-1].address == seen


async def test_sessions_run_out_and_are_revoked(tmp_path: Path) -> None:
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as home:
        desk = home.office.desk
        await home.person("bob", Grant(Role.OPERATOR))
        async with home.signed_in("bob") as bob:

            async def status() -> int:
                return (await bob.get("/api/v1/plant")).status_code

            for _ in range(3):
                await clock.advance(3.9 * 3600)
                assert await status() == (200 if _ < 3 else 401)
            await clock.advance(0.4 * 3600)
            assert await status() == 401, "twelve hours are the most"
        for change in (
            lambda: desk.set_grants("bob", [Grant(Role.VIEWER)]),
            lambda: desk.set_enabled("bob", "disabled"),
        ):
            async with home.signed_in("bob") as bob:
                assert await status_of(bob) == 200
                await change()
                assert await status_of(bob) == 401
        async with home.signed_in("root") as root:
            await clock.advance(4.1 * 3600)
            assert await status_of(root) == 401, "idle"


async def status_of(client: object) -> int:
    answer = await client.get("/api/v1/plant")  # type: ignore[attr-defined]  # an httpx client
    return int(answer.status_code)


async def test_a_new_password_ends_all_sessions_and_takes_the_old_one(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.person("bob", Grant(Role.OPERATOR))
        async with home.signed_in("bob") as one, home.signed_in("bob") as two:
            wrong = {
                "old_password": "not this one at all",
                "new_password": "another sentence of mine",
            }
            assert (await one.post("/api/v1/session/password", json=wrong)).status_code == 403
            listed = (await one.get("/api/v1/session/all")).json()["items"]
            assert [each["user"] for each in listed] == ["bob", "bob"]
            right = wrong | {"old_password": LONG}
            assert (await one.post("/api/v1/session/password", json=right)).status_code == 204
            assert (await status_of(one), await status_of(two)) == (401, 401)
        told = " ".join(entry.detail for entry in home.audit.entries)
        assert "another sentence" not in told
        assert LONG not in told


async def test_one_time_codes_count_once(tmp_path: Path) -> None:
    clock = ManualClock()
    async with house(tmp_path, clock=clock) as home, home.signed_in("root") as root:
        answer = (await root.post("/api/v1/session/code")).json()
        offered = answer["otpauth"]
        assert answer["qr"] == qr_rows(offered)
        assert {len(row) for row in answer["qr"]} == {len(answer["qr"])}
        assert all(row[0] == "1" for row in answer["qr"][-7:]), "the finder pattern at the left"
        totp = pyotp.parse_uri(offered)
        assert isinstance(totp, pyotp.TOTP)

        def code() -> str:
            return totp.at(clock.now_ns() // 10**9)

        used = code()
        confirm = await root.post("/api/v1/session/code/confirm", json={"code": used})
        assert confirm.status_code == 204, confirm.text
        held = await home.store.run(
            lambda c: c.exec_driver_sql("SELECT code FROM access_user").fetchall()
        )
        assert totp.secret not in str(held)
        body = {"name": "root", "password": LONG}
        async with home.client() as client:

            async def enter(**more: str) -> tuple[int, str]:
                answer = await client.post("/api/v1/session", json=body | more)
                return answer.status_code, answer.json().get("title", "")

            assert await enter() == (401, "Code needed")
            assert await enter(code=used) == (401, "Not signed in")
            assert await enter(code="000000x") == (401, "Not signed in")
            await clock.advance(60)
            assert await enter(code=code()) == (200, "")
            assert await enter(code=code()) == (401, "Not signed in")


async def test_a_change_that_cannot_be_recorded_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.signed_in("root") as root:
        before = await home.plant.issues.get(2)
        home.audit.broken = True
        answer = await root.post(ACK)
        assert answer.status_code == 503, answer.text
        assert await home.plant.issues.get(2) == before
        assert (await root.get("/api/v1/issues/2")).status_code == 200, "looking goes on"
        async with home.client() as other:
            body = {"name": "root", "password": LONG}
            assert (await other.post("/api/v1/session", json=body)).status_code == 503
        home.audit.broken = False
        assert (await root.post(ACK)).status_code == 200
        assert home.audit.entries[-1].action == "acknowledge_issue"


async def test_a_role_holds_in_its_zone_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        asset = (await home.plant.issues.get(2)).asset
        await home.person("in", Grant(Role.SUPERVISOR, asset.rpartition("/")[0]))
        await home.person("out", Grant(Role.SUPERVISOR, "plant/elsewhere"))
        async with home.signed_in("out") as out, home.signed_in("in") as inside:
            assert (await out.get("/api/v1/issues/2")).status_code == 200
            refused = await out.post(ACK)
            assert refused.status_code == 403
            assert asset in refused.json()["detail"]
            assert home.audit.entries[-1].outcome == "refused"
            assert (await inside.post(ACK)).status_code == 200


async def test_a_display_reads_its_page_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        async with home.signed_in("root") as root:
            page = f"machine/{FILLER}"
            made = await root.post("/api/v1/tokens", json={"name": "wall", "page": page})
            assert made.status_code == 201, made.text
            token = made.json()
            assert token["secret"] not in (await root.get("/api/v1/tokens")).text
        async with home.client(NOT_HERE) as wall:
            shown = await wall.post("/api/v1/session/display", json={"token": token["secret"]})
            assert shown.json()["page"] == page
            for path, status in {
                "/plant": 200,
                f"/signals?machine={FILLER}": 200,
                f"/latest?machine={FILLER}": 200,
                "/latest": 403,
                "/signals": 403,
                f"/signals?machine={FILLER}2": 403,
                f"/signals?machine={FILLER}&machine=plant": 403,
                "/issues": 403,
                "/users": 403,
                "/audit": 403,
                "/health": 403,
            }.items():
                answer = await wall.get(f"/api/v1{path}")
                assert answer.status_code == status, (path, answer.text)
            assert (await wall.post(ACK)).status_code == 403
        async with home.signed_in("root") as root:
            assert (await root.delete(f"/api/v1/tokens/{token['id']}")).status_code == 204
        async with home.client() as wall:
            wall.headers["authorization"] = f"Bearer {token['secret']}"
            assert (await wall.get("/api/v1/plant")).status_code == 401


async def test_nobody_gives_away_more_than_the_own_rights(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.signed_in("root") as root:
        made = await root.post("/api/v1/tokens", json={"name": "mes", "grants": ["operator@plant"]})
        assert made.status_code == 201, made.text
        for wrong in (
            {"name": "x", "grants": ["display"]},
            {"name": "x", "grants": ["emperor"]},
            {"name": "x", "grants": ["operator@../.."]},
            {"name": "x", "page": "issues"},
            {"name": "x"},
            {"name": "x", "page": "floor", "grants": ["viewer"]},
            {"name": "x", "page": "floor", "lifetime_days": 5000},
        ):
            assert (await root.post("/api/v1/tokens", json=wrong)).status_code == 422, wrong


async def test_an_open_feed_ends_with_its_session(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.listening() as port:
        await home.person("bob", Grant(Role.OPERATOR))
        url = f"ws://127.0.0.1:{port}/api/live"
        with pytest.raises(InvalidStatus) as refused:
            async with connect(url, subprotocols=["floor.v1"]):  # type: ignore[list-item]  # a NewType of str
                pass
        assert refused.value.response.status_code == 401
        async with home.signed_in("bob") as bob:
            cookie = {"cookie": f"taktline={bob.cookies['taktline']}"}
        async with connect(
            url,
            subprotocols=["floor.v1"],  # type: ignore[list-item]  # a NewType of str
            additional_headers=cookie,
        ) as socket:
            await socket.recv()
            await home.office.desk.set_enabled("bob", "disabled")
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(read_on(socket), 8)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401


async def read_on(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def test_the_audit_is_searched_and_taken_away_and_both_are_in_it(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.signed_in("root") as root:
        note = {"note": "=HYPERLINK(1)"}
        await root.post(ACK, json=note)
        found = await root.get("/api/v1/audit", params={"action": "acknowledge_issue"})
        (entry,) = found.json()["items"]
        assert (entry["actor"], entry["outcome"]) == ("root", "asked")
        assert "HYPERLINK" in entry["detail"]
        await root.get("/api/v1/plant", params={"q": "=1"})
        file = await root.get("/api/v1/audit/file")
        assert file.headers["content-type"].startswith("text/csv")
        assert not any(
            cell.startswith(("=", "+", "-", "@"))
            for line in file.text.splitlines()
            for cell in line.split(",")
        )
        actions = [each.action for each in home.audit.entries]
        assert actions[-2:] == ["search_audit", "export_audit"]
