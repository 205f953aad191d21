"""Unknown sources adopted: a fragment in the configuration's folder, checked whole, then a reload."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import yaml

from gateway.care.propose import propose
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import BadRules, GatewayOptions, load
from gateway.errors import (
    ConfigError,
    ConflictError,
    InvalidRequestError,
    NotConnectedError,
    NotFoundError,
    StorageError,
)
from gateway.model import Principal
from gateway.ports import HealthSource
from gateway.upkeep import Adopted, MappingWish, Proposal

Reload = Callable[[GatewayOptions], Awaitable[str]]
_PREFIX: Final = "90-adopted"


class AdoptionDesk:
    """The `Adoption` port; `config` is the file or folder the gateway was started on, None where there is none.

    Only a folder can be written to: a person's own file is never changed.
    """

    def __init__(
        self, *, config: Path | None, site: str, health: HealthSource, reload: Reload
    ) -> None:
        self._config = config
        self._site = site
        self._health = health
        self._reload = reload
        self._busy = asyncio.Lock()

    def propose(self, connector: str, source: str) -> Proposal:
        """Return the mapping that the newest sample suggests; raises `NotFoundError`, `InvalidRequestError`."""
        self._require_mqtt(connector)
        found = {each.source: each for each in self._health.unknown_sources(connector)}
        if source not in found:
            raise NotFoundError(f"{connector} lists no unknown source {source[:100]!r} now")
        wish = propose(source, found[source].sample, site=self._site)
        file = self._file(connector, source)
        return Proposal(
            connector=connector,
            wish=wish,
            yaml=self.text(connector, wish),
            file="" if file is None else file.name,
            remark="" if file is not None else self._nowhere(),
        )

    def text(self, connector: str, wish: MappingWish) -> str:
        """Return a mapping as the YAML fragment that it would be; raises `NotFoundError`, `InvalidRequestError`."""
        self._require_mqtt(connector)
        fragment = {"connectors": {connector: {"adopted": {_slug(wish.source): _mapping(wish)}}}}
        text: str = yaml.safe_dump(fragment, sort_keys=False, allow_unicode=True, width=100)
        return text.replace("$", "$$")

    async def adopt(self, connector: str, wish: MappingWish, *, by: Principal) -> Adopted:
        """Write the fragment into the configuration's folder and reload; nothing is left where that is refused."""
        text = self.text(connector, wish)
        file = self._file(connector, wish.source)
        if file is None or self._config is None:
            raise ConflictError(self._nowhere())
        async with self._busy:
            if file.exists():
                raise ConflictError(
                    f"{file.name} adopts this source already: change or delete that file"
                )
            await asyncio.to_thread(
                _write, file, f"# Adopted by {_plain(by.name)} on the page.\n{text}"
            )
            try:
                loaded = await asyncio.to_thread(load, self._config, bad_rules=BadRules.DISABLE)
                told = await self._reload(loaded.options)
            except InvalidConfigError as error:
                file.unlink()
                mine = [str(each) for each in error.problems if each.file == str(file)]
                told = "\n".join(mine) or str(error)
                raise InvalidRequestError(told.replace(f"{file}:", "line ")) from error
            except (ConfigError, StorageError, NotConnectedError):
                file.unlink()
                raise
        return Adopted(yaml=text, file=file.name, told=told)

    def _require_mqtt(self, connector: str) -> None:
        kind = self._health.connector(connector).kind
        if kind != "mqtt":
            raise InvalidRequestError(
                f"{connector} is of type {kind}: mappings are adopted for mqtt"
            )

    def _file(self, connector: str, source: str) -> Path | None:
        if self._config is None or not self._config.is_dir():
            return None
        return self._config / f"{_PREFIX}-{_slug(connector)}-{_slug(source)}.yaml"

    def _nowhere(self) -> str:
        where = "a single file" if self._config is not None else "settings that belong to it"
        return (
            f"This gateway runs on {where}, which is not changed from the page: copy the YAML into the configuration"
            " and reload, or start it on a folder of files."
        )


def _mapping(wish: MappingWish) -> dict[str, Any]:
    if "+" in wish.source or "#" in wish.source or "{" in wish.source:
        raise InvalidRequestError(
            f"{wish.source!r} holds a wildcard or a brace: write its mapping by hand"
        )
    single = len(wish.values) == 1 and not wish.values[0].path
    mapping: dict[str, Any] = {"topic": wish.source, "format": "value" if single else "json"}
    if wish.timestamp_path:
        mapping["timestamp"] = {"path": wish.timestamp_path, "format": wish.timestamp_format}
    mapping["signals"] = [
        {
            **({"path": value.path} if value.path else {}),
            "signal": value.signal,
            "kind": value.kind,
            "data_type": value.data_type,
            **({"unit": value.unit} if value.unit else {}),
        }
        for value in wish.values
    ]
    return mapping


def _slug(text: str) -> str:
    """Return a name for a file and a key: readable, and different for different texts."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-").lower()[:60]
    if plain == text:
        return plain
    return f"{plain or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def _plain(name: str) -> str:
    return "".join(c for c in name if c.isalnum() or c in " -_.@")[:64]


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all; raises `StorageError`."""
    # A name the reader of the folder does not take, so that a reload meanwhile sees nothing of it.
    part = file.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        msg = f"{file.name} cannot be written: {error.strerror or error}"
        raise StorageError(msg) from error
