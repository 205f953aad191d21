"""Which hosts a send may reach: held at the sockets, so that no redirect, proxy or library gets around it."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

_LOOKUPS: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})
_OWN: Final = frozenset({socket.gethostname().lower()})
"""Mail servers are greeted with this machine's name, which a library looks up."""
_SENDS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class UndeclaredHostError(OSError):
    """A send wanted to reach a host that `notify.allowed_hosts` does not name.

    To the library that tries it looks like any failed connection, so that it closes its socket.
    """


class _Policy(threading.local):
    allowed: frozenset[str] | None = None
    refused: str = ""
    looked: bool = False


_policy = _Policy()
_installed = threading.Lock()
_is_installed = False


@contextmanager
def only(allowed: frozenset[str]) -> Iterator[None]:
    """Let this thread reach these hosts only while the block runs.

    Raises `UndeclaredHostError` at the end of the block where a library swallowed the refusal.
    """
    _install()
    _policy.allowed, _policy.refused, _policy.looked = allowed, "", False
    try:
        yield
    except Exception:
        if _policy.refused:
            raise UndeclaredHostError(_policy.refused) from None
        raise
    else:
        if _policy.refused:
            raise UndeclaredHostError(_policy.refused)
    finally:
        _policy.allowed = None


def _install() -> None:
    """Hang the check into the interpreter, once: an audit hook sees every lookup and connection, whoever makes it."""
    global _is_installed  # noqa: PLW0603 - a hook of the interpreter is one a process
    with _installed:
        if not _is_installed:
            sys.addaudithook(_hook)
            _is_installed = True


def _hook(event: str, given: tuple[Any, ...]) -> None:
    allowed = _policy.allowed
    if allowed is None:
        return
    if event in _LOOKUPS:
        greets = event != "socket.getaddrinfo" and str(given[0]).lower() in _OWN
        if not greets:
            _check_name(given[0], allowed)
    elif event in _SENDS and isinstance(given[-1], tuple):
        _check_address(given[-1][0])


def _check_name(host: object, allowed: frozenset[str]) -> None:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")
    name = name.lower().rstrip(".")
    if name not in allowed:
        _refuse(f"{name[:100] or 'no host'} is not among notify.allowed_hosts")
    _policy.looked = True


def _check_address(host: object) -> None:
    """Refuse what no name may lead to: the cloud's metadata, multicast, nothing at all."""
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return
    if not _policy.looked:
        _refuse(f"{address} was not looked up under a name of notify.allowed_hosts")
    if address.is_link_local or address.is_multicast or address.is_unspecified:
        _refuse(f"{address} is an address that nobody is told at")


def _refuse(why: str) -> None:
    _policy.refused = _policy.refused or why
    raise UndeclaredHostError(why)
