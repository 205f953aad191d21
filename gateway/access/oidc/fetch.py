"""Asks the provider: declared hosts only, no redirect, bounded answers, certificates checked."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlencode, urlsplit

import orjson
import urllib3

from gateway.access.oidc.options import is_safe
from gateway.errors import ConfigError, NotConnectedError

MAX_ANSWER_BYTES: Final = 1_000_000
_TIMEOUT: Final = urllib3.Timeout(connect=5.0, read=10.0)


class Fetch(Protocol):
    """Asks one address; returns the status and the JSON object of the answer."""

    def __call__(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Raise `ConfigError` for an address that is not declared, `NotConnectedError` where nobody answers."""
        ...


class HttpFetch:
    """Implements `Fetch`. Blocks: call it in a thread."""

    def __init__(self, hosts: frozenset[str], *, ca_file: Path | None) -> None:
        self._hosts = hosts
        try:
            context = ssl.create_default_context(cafile=ca_file)
        except OSError as error:
            msg = f"access.oidc.ca_file {ca_file}: {error.strerror or error}; want a PEM file of certificates"
            raise ConfigError(msg) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # A manager of its own takes no proxy from the environment.
        self._pool = urllib3.PoolManager(
            ssl_context=context, retries=False, timeout=_TIMEOUT, maxsize=4
        )

    def __call__(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """Ask with GET, or with POST where a form is given."""
        check_address(url, self._hosts)
        sent = {"accept": "application/json", **(headers or {})}
        body = None
        if form is not None:
            body = urlencode(form)
            sent["content-type"] = "application/x-www-form-urlencoded"
        try:
            answer = self._pool.request(
                "GET" if body is None else "POST",
                url,
                body=body,
                headers=sent,
                redirect=False,
                preload_content=False,
            )
            try:
                read = answer.read(MAX_ANSWER_BYTES + 1, decode_content=True)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            host = urlsplit(url).hostname
            msg = f"the provider at {host} does not answer: {type(error).__name__}"
            raise NotConnectedError(msg) from error
        return answer.status, _document(read, url)


def check_address(url: str, hosts: frozenset[str]) -> None:
    """Raise `ConfigError` for an address that nobody declared: the provider itself may not send us elsewhere."""
    if not is_safe(url):
        msg = f"the provider names {url[:200]!r}, which is no https address"
        raise ConfigError(msg)
    host = urlsplit(url).hostname or ""
    if host not in hosts:
        msg = f"the provider names the host {host[:100]!r}: access.oidc.allowed_hosts does not"
        raise ConfigError(msg)


def _document(read: bytes, url: str) -> dict[str, Any]:
    where = urlsplit(url).path[:100]
    if len(read) > MAX_ANSWER_BYTES:
        msg = f"the provider's answer at {where} is longer than {MAX_ANSWER_BYTES} bytes"
        raise NotConnectedError(msg)
    try:
        found = orjson.loads(read)
    except orjson.JSONDecodeError as error:
        msg = f"the provider's answer at {where} is no JSON"
        raise NotConnectedError(msg) from error
    if not isinstance(found, dict):
        msg = f"the provider's answer at {where} is no JSON object"
        raise NotConnectedError(msg)
    return found
