"""What the gateway talks to: page port, machines and brokers, historian, store. Nothing is written anywhere."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from cryptography import x509
from numpy.typing import NDArray
from sqlalchemy import make_url

from connectors import registry
from gateway.access.oidc.fetch import HttpFetch
from gateway.access.oidc.keys import Published
from gateway.access.oidc.options import OidcOptions
from gateway.assembly.state import store_url
from gateway.clock import NS_PER_S, Clock
from gateway.commands.doctor.finding import Finding, bad, good, look
from gateway.config.schema import GatewayOptions
from gateway.errors import (
    ConfigError,
    NotConnectedError,
    NotFoundError,
    RefusedError,
    TaktlineError,
)
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.model import Signal
from gateway.options import Options
from gateway.ports import Connector, Session
from gateway.store.probe import probe
from web.options import WebOptions

_OFFSET_S: Final = 2.0
_EXPIRES_S: Final = 30 * 86_400
_CLOSE_S: Final = 5.0


class ScratchCatalogue:
    """Takes signals like the catalogue and forgets them: nothing of an examination is kept."""

    def __init__(self) -> None:
        self._signals: list[Signal] = []

    def register(self, signals: Sequence[Signal]) -> NDArray[np.int32]:
        """Give each signal an index for the time of the examination."""
        first = len(self._signals)
        self._signals += signals
        return np.arange(first, len(self._signals), dtype=np.int32)

    def __len__(self) -> int:
        return len(self._signals)

    def signal(self, index: int) -> Signal:
        """Return the signal at an index; raises `NotFoundError`."""
        if not 0 <= index < len(self._signals):
            raise NotFoundError(f"no signal has the index {index}")
        return self._signals[index]

    def index(self, path: str) -> int:
        """Return the index of a path; raises `NotFoundError`."""
        for index, signal in enumerate(self._signals):
            if signal.path == path:
                return index
        raise NotFoundError(f"no signal {path!r}")

    def all(self) -> Sequence[Signal]:
        """Return every signal."""
        return tuple(self._signals)


def page_port(web: WebOptions, *, running: bool) -> Finding:
    """Say whether the page's port can be listened on, or answers where the gateway runs."""
    place = f"{web.host}:{web.port}"
    if running:
        host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 - compared, not bound
        try:
            socket.create_connection((host, web.port), timeout=2).close()
        except OSError as error:
            return bad(
                "page", f"the gateway runs, but nothing answers at {place}: {error}", "see its log"
            )
        return good("page", f"the gateway runs and answers at {place}")
    try:
        with socket.socket() as probe_socket:
            probe_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe_socket.bind((web.host, web.port))
    except OSError as error:
        return bad(
            "page",
            f"{place} cannot be listened on: {error.strerror or error}",
            "set web.host and web.port",
        )
    return good("page", f"{place} is free")


async def provider(options: OidcOptions, clock: Clock) -> Finding:
    """Ask the sign-in provider for its addresses and keys, as the first person who signs in would."""
    try:
        fetch = HttpFetch(options.hosts, ca_file=options.ca_file)
        keys = await Published(options, fetch=fetch, clock=clock).examine()
    except (NotConnectedError, ConfigError) as error:
        return bad("sign-in", f"{options.issuer}: {error}", "see access.oidc; local users come in")
    return good("sign-in", f"{options.issuer} answers, {keys} keys; its hosts are declared")


def certificate(web: WebOptions, now_ns: int) -> Finding | None:
    """Judge the page's certificate; None where the gateway does not speak TLS itself."""
    if web.tls is None:
        return None
    try:
        found = x509.load_pem_x509_certificate(web.tls.certificate.read_bytes())
        web.tls.key.read_bytes()
    except (OSError, ValueError) as error:
        return bad("page", f"certificate or key cannot be read: {error}", "see web.tls")
    until = found.not_valid_after_utc
    left_s = (until - datetime.fromtimestamp(now_ns / NS_PER_S, UTC)).total_seconds()
    says = f"its certificate is valid until {until:%Y-%m-%d}"
    if left_s <= 0:
        return bad("page", says, "renew it: browsers refuse the page")
    if left_s < _EXPIRES_S:
        return look("page", says, "renew it soon")
    return good("page", says)


async def connector(name: str, options: Options, clock: Clock) -> AsyncIterator[Finding]:
    """Connect as the gateway would, say what the peer granted otherwise than asked, and leave again."""
    subject = f"connector {name}"
    try:
        made = registry.build(name=name, options=options, catalogue=ScratchCatalogue(), clock=clock)
    except TaktlineError as error:
        yield bad(subject, str(error), "see its configuration")
        return
    try:
        session = await made.connect()
        await asyncio.sleep(0.5)
        for finding in _granted(subject, made, session):
            yield finding
        if made.kind == "mqtt":
            await made.close()
            yield _kept(subject, await made.connect())
    except RefusedError as error:
        yield bad(subject, str(error), "the peer will refuse it until this is changed")
    except TaktlineError as error:
        yield bad(
            subject,
            f"{made.target}: {error}",
            "see that it runs, and that a firewall lets this machine through",
        )
    finally:
        async with asyncio.timeout(_CLOSE_S):
            await made.close()


def _granted(subject: str, made: Connector, session: Session) -> list[Finding]:
    found = [
        good(subject, f"{made.target} answers; {len(made.signals())} signals known from the start")
    ]
    found += [
        look(
            subject,
            f"the peer grants less than asked: {remark}",
            "see the peer's limits, or ask for less",
        )
        for remark in session.remarks
    ]
    troubles = made.troubles()
    if troubles:
        first = troubles[0]
        says = f"{len(troubles)} sources do not deliver, first {first.source}: {first.reason}"
        found.append(bad(subject, says, "correct their addresses, or the peer"))
    offset_s = float(made.figures().extra.get("server_clock_offset_s", 0.0))
    if abs(offset_s) > _OFFSET_S:
        says = f"the peer's clock differs from ours by {offset_s:+.1f} s"
        found.append(look(subject, says, "let one time service keep both"))
    return found


def _kept(subject: str, session: Session) -> Finding:
    if session.resumed:
        return good(
            subject, "the broker keeps our session, so that it queues while the gateway is away"
        )
    return bad(
        subject,
        "the broker does not keep our session: what machines send while the gateway is away is lost",
        "see docs/mqtt-broker.md: persistence, session expiry, and no second client with our client_id",
    )


async def historian(options: InfluxOptions, clock: Clock) -> Finding:
    """Ask an InfluxDB server what a page would ask it."""
    catalogue = ScratchCatalogue()
    catalogue.register([Signal(path="doctor/asks/for/a/row")])
    asked = InfluxHistorian(options, catalogue=catalogue, clock=clock)
    try:
        await asked.count([0], start_ns=0, end_ns=NS_PER_S)
    except RefusedError as error:
        do = "see url, bucket and credentials"
        if options.version == "2":
            do = (
                "see url, org, bucket and token; reading goes by InfluxQL, which on 2.x needs a mapping of the bucket: "
                f"influx v1 dbrp create --db {options.bucket} --rp autogen --default --bucket-id ID"
            )
        return bad("historian", str(error), do)
    except TaktlineError as error:
        return bad(
            "historian", str(error), "see that it runs; samples wait in the journal meanwhile"
        )
    finally:
        await asked.close()
    return good("historian", f"{options.url} answers questions about {options.bucket}")


def damaged(data_dir: Path) -> Finding | None:
    """Tell of files that an earlier start had to put aside."""
    found = [
        path
        for folder in ("history/quarantine", "journal/quarantine")
        for path in (data_dir / folder).glob("*")
    ]
    if not found:
        return None
    says = f"{len(found)} damaged files or rows were put aside, such as {found[0]}"
    return look(
        "data",
        says,
        "see the disk's health; what they held was filled again as far as the journal had it",
    )


async def store(options: GatewayOptions) -> Finding:
    """Reach the relational store without changing it."""
    url = store_url(options)
    shown = make_url(url).render_as_string(hide_password=True)
    try:
        says = await probe(url)
    except TaktlineError as error:
        return bad("store", str(error), "see store.url, the server and its password")
    return good("store", f"{shown}: {says}")
