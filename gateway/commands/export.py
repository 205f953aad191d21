"""`taktline export`: a range of history as CSV or Parquet, from a running gateway or from its files."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gateway.clock import NS_PER_MS, SystemClock
from gateway.commands.when import parse_when
from gateway.config.schema import GatewayOptions, load
from gateway.errors import (
    ConfigError,
    InvalidRequestError,
    NotConnectedError,
    NotFoundError,
    StorageError,
)
from gateway.historian.embedded import EmbeddedHistorian
from gateway.historian.influx import InfluxHistorian
from gateway.historian.options import InfluxOptions
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.journal import Journal
from gateway.stream.lock import DirectoryLock
from rules.spec import pattern
from web.options import WebOptions

FORMATS: Final = (".csv", ".parquet")
_POLL_S: Final = 0.2
_TIMEOUT_S: Final = 30.0
_NOBODY: Final = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to export: globs of signal paths, a range of source times, and the file."""

    globs: tuple[str, ...]
    start_ns: int
    end_ns: int
    target: Path


def export(
    config: Path,
    globs: Sequence[str],
    *,
    start: str,
    end: str,
    target: Path,
    token_file: Path | None = None,
) -> int:
    """Write the range with a progress bar and return the rows; raises `InvalidRequestError` for what cannot be.

    `token_file` holds a token with the rights `display` and `export`, for a running gateway that asks for sign-in.
    """
    options = load(config).options
    now_ns = SystemClock().now_ns()
    zone = options.plant.time_zone
    wanted = Wanted(
        globs=tuple(globs),
        start_ns=parse_when(start, zone=zone, now_ns=now_ns),
        end_ns=parse_when(end, zone=zone, now_ns=now_ns),
        target=target,
    )
    _check(wanted)
    with _bar() as bar:
        task = bar.add_task("Exporting", total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        try:
            lock = DirectoryLock(options.data_dir)
        except ConfigError:
            return _from_gateway(_Running(options.web, token_file), wanted, progress)
        with lock:
            return asyncio.run(_from_files(options, wanted, progress))


def _check(wanted: Wanted) -> None:
    if wanted.target.suffix not in FORMATS:
        msg = f"{wanted.target}: want a name that ends with {' or '.join(FORMATS)}"
        raise InvalidRequestError(msg)
    if wanted.end_ns <= wanted.start_ns:
        msg = "the range is empty: --to must be after --from"
        raise InvalidRequestError(msg)
    if not wanted.target.parent.is_dir():
        msg = f"{wanted.target.parent} is no folder: make it first"
        raise InvalidRequestError(msg)


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TextColumn("rows"), TimeRemainingColumn())


def _chosen(paths: Sequence[str], globs: Sequence[str]) -> list[int]:
    patterns = [pattern(glob) for glob in globs]
    found = [i for i, path in enumerate(paths) if any(p.fullmatch(path) for p in patterns)]
    if not found:
        msg = f"no signal matches {', '.join(globs)}; there are {len(paths)} signals"
        raise NotFoundError(msg)
    return found


async def _from_files(
    options: GatewayOptions, wanted: Wanted, progress: Callable[[int, int], None]
) -> int:
    clock = SystemClock()
    async with AsyncExitStack() as opened:
        journal = Journal.open(options.data_dir / "journal", clock=clock, options=options.journal)
        opened.push_async_callback(journal.close)
        catalogue = JournalCatalogue(journal)
        opened.callback(catalogue.close)
        history: EmbeddedHistorian | InfluxHistorian
        if isinstance(options.historian, InfluxOptions):
            history = InfluxHistorian(options.historian, catalogue=catalogue, clock=clock)
        else:
            history = EmbeddedHistorian.open(
                options.data_dir / "history",
                catalogue=catalogue,
                clock=clock,
                options=options.historian,
            )
        opened.push_async_callback(history.close)
        signals = _chosen([signal.path for signal in catalogue.all()], wanted.globs)
        return await history.export(
            signals,
            start_ns=wanted.start_ns,
            end_ns=wanted.end_ns,
            target=wanted.target,
            progress=progress,
        )


def _from_gateway(running: _Running, wanted: Wanted, progress: Callable[[int, int], None]) -> int:
    """Ask the gateway that owns the data, as its page would."""
    paths = [entry["path"] for entry in _all_signals(running)]
    request = {
        "signals": [paths[i] for i in _chosen(paths, wanted.globs)],
        "from": wanted.start_ns / NS_PER_MS,
        "to": wanted.end_ns / NS_PER_MS,
        "format": wanted.target.suffix.removeprefix("."),
    }
    job = running.ask("POST", "/exports", request)
    while job["state"] in {"waiting", "running"}:
        time.sleep(_POLL_S)
        job = running.ask("GET", f"/exports/{job['id']}")
        progress(job["rows_done"], job["rows_total"] or 0)
    if job["state"] != "done":
        raise StorageError(f"the export failed: {job['error']}")
    part = wanted.target.with_name(wanted.target.name + ".part")
    with running.open("GET", f"/exports/{job['id']}/file") as answer, part.open("wb") as file:
        while piece := answer.read(1 << 20):
            file.write(piece)
    part.replace(wanted.target)
    running.ask("DELETE", f"/exports/{job['id']}")
    return int(job["rows_done"])


def _all_signals(running: _Running) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        document = running.ask("GET", f"/signals?limit=1000&offset={len(found)}")
        found += document["items"]
        if not document["items"] or len(found) >= document["total"]:
            return found


class _Running:
    """The REST of a gateway that runs on this machine, asked with a token where one is given."""

    def __init__(self, web: WebOptions, token_file: Path | None) -> None:
        scheme = "http" if web.tls is None else "https"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(web.host, web.host)  # noqa: S104 - asked, not bound
        self._base = f"{scheme}://{host}:{web.port}/api/v1"
        self._headers = {"content-type": "application/json"}
        if token_file is not None:
            self._headers["authorization"] = f"Bearer {_token(token_file)}"
        self._trust: ssl.SSLContext | None = None
        if web.tls is not None:
            self._trust = ssl.create_default_context()
            # Asked on this very machine, under an address that its certificate need not name.
            self._trust.load_verify_locations(web.tls.certificate)
            self._trust.check_hostname = False

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return the JSON document that answers a request, None for an empty answer."""
        with self.open(method, path, body) as answer:
            data = answer.read()
        return json.loads(data) if data else None

    def open(self, method: str, path: str, body: object = None) -> Any:
        """Send a request; raises `InvalidRequestError` where it is refused, `NotConnectedError`."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the gateway's own
            self._base + path, data=data, method=method, headers=self._headers
        )
        try:
            return urllib.request.urlopen(  # noqa: S310 - as above
                request, timeout=_TIMEOUT_S, context=self._trust
            )
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode("utf-8", "replace")
            if error.code == _NOBODY:
                msg = "the running gateway asks who exports: give --token-file with a token that has the rights display and export"
                raise InvalidRequestError(msg) from error
            raise InvalidRequestError(f"the gateway refused: {said}") from error
        except OSError as error:
            msg = f"a gateway owns the data, but does not answer at {self._base}: {error}"
            raise NotConnectedError(msg) from error


def _token(file: Path) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidRequestError(f"{file}: the token cannot be read: {error}") from error
