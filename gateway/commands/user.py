"""`taktline user`: people who may sign in, managed on the gateway's own machine."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import orjson

from gateway.access.office import Office, open_office
from gateway.access.rights import grant_text, parse_grant
from gateway.access.users import UserState, user_name
from gateway.assembly.state import store_url
from gateway.audit.port import Entry
from gateway.clock import SystemClock
from gateway.config.schema import GatewayOptions, load
from gateway.errors import ConflictError
from gateway.store import Store
from web.api.users import link_path


async def add(config: Path, name: str, roles: Sequence[str]) -> str:
    """Add a user; return the address of the link that sets the password."""
    grants = [parse_grant(each) for each in roles]
    async with office_of(config) as (options, office):
        held = [grant_text(grant) for grant in grants]
        await _note(office, "add_user", user_name(name), held)
        return _address(options, await office.desk.add_user(name, grants), user_name(name))


async def listing(config: Path) -> str:
    """Return the users, one a line."""
    async with office_of(config) as (_, office):
        lines = [
            f"{user.name}  {user.state}  {' '.join(map(grant_text, user.grants))}"
            f"{'' if user.has_password else '  (no password yet)'}"
            f"{'  (one-time codes)' if user.has_code else ''}"
            for user in await office.desk.users()
        ]
        return "\n".join(lines) or "no users"


async def disable(config: Path, name: str) -> str:
    """Let a user sign in no more."""
    async with office_of(config) as (_, office):
        await _note(office, "disable_user", user_name(name))
        await office.desk.set_enabled(user_name(name), UserState.DISABLED)
        return f"{user_name(name)} is disabled; the sessions have ended"


async def reset(config: Path, name: str) -> str:
    """Return the address of a link that sets a new password."""
    async with office_of(config) as (options, office):
        await _note(office, "reset_user", user_name(name))
        return _address(options, await office.desk.reset(user_name(name)), user_name(name))


async def setup_link(config: Path) -> str:
    """Return the address of a link that makes the first administrator; raises `ConflictError`."""
    async with office_of(config) as (options, office):
        if await office.desk.has_administrator():
            msg = (
                "there is an administrator already; taktline user reset-password NAME gives a link"
            )
            raise ConflictError(msg)
        await _note(office, "setup_link", "")
        return _address(options, await office.desk.setup_link())


@asynccontextmanager
async def office_of(config: Path) -> AsyncIterator[tuple[GatewayOptions, Office]]:
    """Open store, audit and desk of a configuration, whether its gateway runs or not."""
    options = load(config).options
    store = await Store.open(store_url(options))
    try:
        office = await open_office(
            store,
            options.access,
            data_dir=options.data_dir,
            clock=SystemClock(),
            site=options.plant.site,
        )
        try:
            yield options, office
        finally:
            office.close()
    finally:
        await store.close()


def _address(options: GatewayOptions, secret: str, user: str = "") -> str:
    scheme = "http" if options.web.tls is None else "https"
    base = options.web.public_url.rstrip("/") or f"{scheme}://127.0.0.1:{options.web.port}"
    return (
        f"{base}{link_path(secret, user)}\ngood once, for {options.access.link_s / 60:.0f} minutes"
    )


async def _note(office: Office, action: str, target: str, grants: Sequence[str] = ()) -> None:
    """Write into the audit what is about to be done, under the name of the machine's user."""
    entry = Entry(
        actor=f"{getpass.getuser()} (console)",
        kind="person",
        action=action,
        target=target,
        address="console",
        detail=orjson.dumps({"grants": list(grants)} if grants else {}).decode(),
    )
    await office.audit.record(entry)
