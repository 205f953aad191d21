"""The page: who may use it, the link that makes the first administrator, and serving it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from gateway.access.office import Office, open_office
from gateway.assembly.ground import Ground
from gateway.config.schema import GatewayOptions
from gateway.store import Store
from web.api.users import link_path
from web.options import SignIn, WebOptions
from web.serve import serve
from web.server import create_app
from web.services import Services

_log = logging.getLogger(__name__)


async def open_access(ground: Ground, store: Store) -> Office:
    """Open the access desk and the audit; raises `ConfigError` for the installation's key."""
    options = ground.options
    office = await open_office(
        store,
        options.access,
        data_dir=options.data_dir,
        clock=ground.clock,
        site=options.plant.site,
    )
    ground.opened.callback(office.close)
    return office


async def serve_page(
    ground: Ground,
    office: Office,
    services: Services,
    stop: asyncio.Event,
    on_serving: Callable[[str], None] | None,
) -> None:
    """Serve until `stop` is set; `on_serving` is called with the page's address."""
    options = ground.options
    app = create_app(
        services,
        options.web,
        access=office.desk,
        audit=office.audit,
        provider=office.provider,
        keys=office.passkeys,
    )
    set_up = await _set_up_path(options, office)
    ground.board.add_stage("live", app.state.hub.status)
    ground.board.started()

    def listening(port: int) -> None:
        address = _address(options.web, port)
        if set_up is not None:
            _offer_set_up(options, address, set_up)
        if on_serving is not None:
            on_serving(address)

    await serve(app, options.web, stop=stop, on_listening=listening)


async def _set_up_path(options: GatewayOptions, office: Office) -> str | None:
    """Return the path that makes the first administrator, or None where there is one or none is needed."""
    if options.web.sign_in is SignIn.OFF or await office.desk.has_administrator():
        return None
    return link_path(await office.desk.setup_link())


def _offer_set_up(options: GatewayOptions, address: str, path: str) -> None:
    _log.warning(
        "no administrator yet, so only this machine is served; make one within %.0f minutes"
        " at %s%s (or: taktline user add NAME --role administrator)",
        options.access.link_s / 60,
        address.rstrip("/"),
        path,
    )


def _address(web: WebOptions, port: int) -> str:
    """Return where a person on this machine opens the page."""
    scheme = "https" if web.tls is not None else "http"
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - shown, not bound
    return f"{scheme}://{host}:{port}/"
