"""Users, links and sessions on both databases."""

from __future__ import annotations

import asyncio

import pytest

from gateway.access.port import NewToken, SignInError, Use
from gateway.access.rights import Grant, Role
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from tests.contract.access.conftest import HERE, LONG, Office

ROOT = Grant(Role.ADMINISTRATOR)


async def test_a_user_signs_in_and_everything_is_in_the_audit(office: Office) -> None:
    await office.person("anna", Grant(Role.SUPERVISOR, "plant"))
    with pytest.raises(SignInError):
        await office.desk.sign_in(name="anna", password="wrong", code="", origin=HERE)
    opened = await office.desk.sign_in(name=" ANNA", password=LONG, code="", origin=HERE)
    assert opened.identity.grants == (Grant(Role.SUPERVISOR, "plant"),)
    assert await office.desk.identify(opened.secret) == opened.identity
    (session,) = await office.desk.sessions("anna")
    assert (session.address, session.agent) == (HERE.address, HERE.agent)
    await office.desk.sign_out(opened.identity)
    assert await office.desk.identify(opened.secret) is None
    assert await office.acts() == [
        ("anna", "redeem_link", "asked"),
        ("anna", "sign_in", "refused"),
        ("anna", "sign_in", "ok"),
    ]


async def test_a_link_is_good_once_and_for_its_time(office: Office) -> None:
    link = await office.desk.add_user("anna", [])

    async def redeem() -> object:
        return await office.desk.redeem(secret=link, name="", password=LONG, origin=HERE)

    found = await asyncio.gather(redeem(), redeem(), return_exceptions=True)
    assert sorted(type(each).__name__ for each in found) == ["SignInError", "str"]
    link = await office.desk.reset("anna")
    with pytest.raises(SignInError):
        await office.desk.sign_in(name="anna", password=LONG, code="", origin=HERE)
    await office.clock.advance(3601)
    with pytest.raises(SignInError, match="used, has run out"):
        await redeem()
    with pytest.raises(ConflictError, match="already"):
        await office.desk.add_user("Anna", [])
    with pytest.raises(InvalidRequestError, match="letters a to z"):
        await office.desk.add_user("anna; drop table", [])


async def test_an_administrator_remains(office: Office) -> None:
    assert not await office.desk.has_administrator()
    await office.person("root", ROOT)
    assert await office.desk.has_administrator()
    for change in (
        office.desk.set_enabled("root", "disabled"),
        office.desk.set_grants("root", [Grant(Role.VIEWER)]),
        office.desk.set_grants("root", [Grant(Role.ADMINISTRATOR, "plant/a")]),
    ):
        with pytest.raises(ConflictError, match="last administrator"):
            await change
    await office.desk.reset("root")
    assert await office.desk.sign_in(name="root", password=LONG, code="", origin=HERE)
    await office.person("second", ROOT)
    await office.desk.set_enabled("root", "disabled")
    with pytest.raises(NotFoundError):
        await office.desk.set_enabled("nobody", "disabled")


async def test_a_watcher_does_not_keep_a_session_alive(office: Office) -> None:
    await office.person("anna", Grant(Role.VIEWER))
    opened = await office.desk.sign_in(name="anna", password=LONG, code="", origin=HERE)
    for _ in range(4):
        await office.clock.advance(3500)
        assert await office.desk.identify(opened.secret, use=Use.WATCHING)
    await office.clock.advance(500)
    assert await office.desk.identify(opened.secret, use=Use.WATCHING) is None


async def test_a_person_has_so_many_sessions_and_the_oldest_end(office: Office) -> None:
    await office.person("anna", Grant(Role.VIEWER))
    secrets = []
    for _ in range(22):
        await office.clock.advance(1)
        opened = await office.desk.sign_in(name="anna", password=LONG, code="", origin=HERE)
        secrets.append(opened.secret)
    assert len(await office.desk.sessions("anna")) == 20
    assert await office.desk.identify(secrets[1]) is None
    assert await office.desk.identify(secrets[2])


async def test_a_token_ends_by_time_and_by_hand(office: Office) -> None:
    await office.person("root", ROOT)
    opened = await office.desk.sign_in(name="root", password=LONG, code="", origin=HERE)
    wanted = NewToken(name="mes", grants=(Grant(Role.MACHINE, "plant"),), lifetime_s=3600)
    entry, secret = await office.desk.add_token(wanted, by=opened.identity)
    assert await office.desk.identify(secret)
    await office.desk.revoke_token(entry.id)
    assert await office.desk.identify(secret) is None
    with pytest.raises(NotFoundError):
        await office.desk.revoke_token(entry.id)
    _, secret = await office.desk.add_token(wanted, by=opened.identity)
    await office.clock.advance(3601)
    assert await office.desk.identify(secret) is None
