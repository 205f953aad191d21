"""Boards and views by REST: who sees, who changes, two editors, and YAML there and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.access.rights import Grant, Role
from tests.peers.access import House, house

WEIGHT = "plant/bottling/line1/filler/fill_weight"
TILE = {"id": "a", "type": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signal": WEIGHT}
BOARDS = "/api/v1/pages/board"


def wish(title: str, audience: str = "owner", **sharing: list[str]) -> dict[str, Any]:
    return {
        "title": title,
        "sharing": {"audience": audience, **sharing},
        "body": {"tiles": [TILE]},
    }


async def people(home: House) -> None:
    await home.person("anna", Grant(Role.SUPERVISOR, "plant/bottling"))
    await home.person("ben", Grant(Role.OPERATOR, "plant/bottling/line1"))
    await home.person("cleo", Grant(Role.VIEWER))
    await home.person("admin", Grant(Role.ADMINISTRATOR))


async def test_everybody_makes_boards_and_who_may_shares_them(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await people(home)
        async with home.signed_in("cleo") as cleo, home.signed_in("anna") as anna:
            own = await cleo.post(BOARDS, json=wish("Mine"))
            assert own.status_code == 201, own.text
            refused = await cleo.post(BOARDS, json=wish("All", "all"))
            assert refused.status_code == 403
            zone = await anna.post(BOARDS, json=wish("Zone", "some", zones=["plant/bottling"]))
            assert zone.status_code == 201, zone.text
            elsewhere = wish("Elsewhere", "some", zones=["plant/machining"])
            assert (await anna.post(BOARDS, json=elsewhere)).status_code == 403
            assert (await anna.get(f"{BOARDS}/{own.json()['id']}")).status_code == 404
            seen = [each["title"] for each in (await anna.get(BOARDS)).json()["items"]]
            assert seen == ["Zone"]
        async with home.signed_in("ben") as ben, home.signed_in("admin") as admin:
            found = (await ben.get(f"{BOARDS}/{zone.json()['id']}")).json()
            assert found["may_change"] is False
            change = wish("Taken", "owner") | {"version": 1}
            assert (await ben.put(f"{BOARDS}/zone", json=change)).status_code == 403
            assert (await ben.delete(f"{BOARDS}/zone?version=1")).status_code == 403
            assert (await admin.delete(f"{BOARDS}/mine?version=1")).status_code == 204


async def test_the_second_of_two_editors_is_told_and_loses_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await people(home)
        async with home.signed_in("anna") as one, home.signed_in("admin") as two:
            made = (
                await one.post(BOARDS, json=wish("Both", "some", zones=["plant/bottling"]))
            ).json()
            change = wish("Both 2", "some", zones=["plant/bottling"]) | {"version": made["version"]}
            assert (await two.put(f"{BOARDS}/{made['id']}", json=change)).status_code == 200
            late = await one.put(f"{BOARDS}/{made['id']}", json=change | {"title": "Both 3"})
            assert late.status_code == 409
            assert "version 2 by admin" in late.json()["detail"]
            copy = await one.post(BOARDS, json=wish("Both 3"))
            assert copy.status_code == 201


async def test_a_board_goes_out_and_comes_in_as_yaml_with_mistakes_told(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await people(home)
        async with home.signed_in("anna") as anna:
            made = (await anna.post(BOARDS, json=wish("Out"))).json()
            out = await anna.get(f"{BOARDS}/{made['id']}/yaml")
            assert out.headers["content-disposition"].endswith('"out.board.yaml"')
            back = await anna.post(f"{BOARDS}/import", json={"text": out.text})
            assert back.status_code == 201, back.text
            assert (back.json()["title"], back.json()["body"]) == ("Out", made["body"])
            broken = out.text.replace("w: 3", "w: 30")
            told = await anna.post(f"{BOARDS}/import", json={"text": broken})
            assert told.status_code == 422
            assert "tiles[0].w" in told.json()["detail"]


async def test_a_display_reads_its_board_its_signals_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await people(home)
        async with home.signed_in("admin") as admin, home.client() as client:
            tiles = [TILE, {"id": "i", "type": "issues", "x": 4, "y": 0, "w": 3, "h": 3}]
            body = wish("Wall") | {"body": {"tiles": tiles}}
            assert (await admin.post(BOARDS, json=body)).status_code == 201
            assert (await admin.post(BOARDS, json=wish("Other"))).status_code == 201
            secret = await home.token(Grant(Role.DISPLAY), page="board/wall")
            client.headers["authorization"] = f"Bearer {secret}"

            async def status(path: str) -> int:
                return (await client.get(f"/api/v1{path}")).status_code

            assert await status("/pages/board/wall") == 200
            assert await status(f"/history/buckets?signal={WEIGHT}") == 200
            assert await status("/issues") == 200
            assert await status("/plant") == 200
            assert await status("/pages/board/other") == 403
            assert await status("/pages/board") == 403
            assert await status("/history/buckets?signal=plant/bottling/line1/filler/speed") == 403
            assert await status("/alarms") == 403
            assert await status("/issues/1") == 403
            assert await status("/health") == 403
