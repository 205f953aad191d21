"""Node ids as people write them: by namespace URI, never by the index that a restart may change."""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from asyncua import ua

STANDARD_NAMESPACE: Final = "http://opcfoundation.org/UA/"
_FORM: Final = re.compile(r"(?:nsu=(?P<uri>[^;]+);)?(?P<kind>[sigb])=(?P<id>.+)", re.DOTALL)
_ALIAS: Final = re.compile(r"(?P<alias>[A-Za-z][A-Za-z0-9_-]*):(?P<rest>[sigb]=.+)", re.DOTALL)
_INDEX: Final = re.compile(r"ns=(\d+);(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """A node, whatever index its namespace has today: namespace URI, kind of identifier, identifier."""

    uri: str
    kind: str
    identifier: str | int | bytes | uuid.UUID

    def resolve(self, namespaces: Sequence[str]) -> ua.NodeId | None:
        """Return the node id under a server's NamespaceArray, or None where the server lacks the namespace."""
        if self.uri not in namespaces:
            return None
        index = ua.Int16(namespaces.index(self.uri))
        return ua.NodeId(cast("ua.String", self.identifier), index)


def expand(text: str, namespaces: Mapping[str, str]) -> str:
    """Return a node id with its alias replaced by `nsu=<uri>`; any other text, and an unknown alias, unchanged."""
    found = _ALIAS.fullmatch(text)
    if found is None or found["alias"] not in namespaces:
        return text
    return f"nsu={namespaces[found['alias']]};{found['rest']}"


def parse(text: str) -> Address:
    """Return the address that an expanded node id names; raises `ValueError` saying what would be right."""
    if by_index := _INDEX.fullmatch(text):
        msg = (
            f"namespace index {by_index[1]} may mean another namespace after the server restarts: write "
            f"nsu=<namespace URI>;{by_index[2]} with the URI from the server's NamespaceArray, "
            f"or an alias declared under namespaces"
        )
        raise ValueError(msg)
    if alias := _ALIAS.fullmatch(text):
        msg = f"alias {alias['alias']!r} is not declared under namespaces"
        raise ValueError(msg)
    found = _FORM.fullmatch(text)
    if found is None:
        msg = f"{text!r} is no node id: want nsu=<namespace URI>;s=<name> or alias:s=<name> (also i=, g=, b=)"
        raise ValueError(msg)
    if found["uri"] is None and found["kind"] != "i":
        msg = f"{text!r} has no namespace: want nsu=<namespace URI>;{text} or alias:{text}"
        raise ValueError(msg)
    return Address(
        found["uri"] or STANDARD_NAMESPACE, found["kind"], _identifier(found["kind"], found["id"])
    )


def _identifier(kind: str, text: str) -> str | int | bytes | uuid.UUID:
    try:
        if kind == "i":
            return _number(text)
        if kind == "g":
            return uuid.UUID(text)
        if kind == "b":
            return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        want = {"i": "a number from 0 to 4294967295", "g": "a GUID", "b": "base64"}[kind]
        msg = f"identifier {kind}={text!r} is not {want}"
        raise ValueError(msg) from error
    if len(text) > 4096 or not text.isprintable():
        msg = "a string identifier has at most 4096 printable characters"
        raise ValueError(msg)
    return text


def _number(text: str) -> int:
    number = int(text)
    if not text.isascii() or not 0 <= number < 2**32:
        raise ValueError(text)
    return number
