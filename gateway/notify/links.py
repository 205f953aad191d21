"""Links that acknowledge one issue: signed, good for a while, for this purpose and this person alone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import orjson

from gateway.clock import NS_PER_S
from gateway.errors import InvalidRequestError

PREFIX: Final = "tka_"
PURPOSE: Final = "acknowledge"
MOST: Final = 400
_MAC_BYTES: Final = 24


class LinkRefusedError(InvalidRequestError):
    """The link is damaged, was made for something else, or its time is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link lets its holder do."""

    issue: int
    person: str
    message: int
    expires_s: int


class Links:
    """Makes and reads them with a key derived for this purpose alone."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def make(self, link: Link) -> str:
        """Return the secret that follows # in the link's address."""
        what = [PURPOSE, link.issue, link.person, link.message, link.expires_s]
        text = base64.urlsafe_b64encode(orjson.dumps(what)).rstrip(b"=")
        return f"{PREFIX}{text.decode()}.{self._mac(text)}"

    def read(self, secret: str, *, now_ns: int) -> Link:
        """Return what a secret is good for; raises `LinkRefusedError`."""
        text, _, mac = secret.removeprefix(PREFIX).partition(".")
        if len(secret) > MOST or not secret.isascii() or not secret.startswith(PREFIX):
            raise LinkRefusedError("this is no link of a message")
        if not hmac.compare_digest(mac, self._mac(text.encode())):
            raise LinkRefusedError("this link is damaged: open it from the message again")
        try:
            padded = text + "=" * (-len(text) % 4)
            purpose, issue, person, message, expires_s = orjson.loads(
                base64.urlsafe_b64decode(padded)
            )
        except (binascii.Error, ValueError) as error:
            raise LinkRefusedError("this link cannot be read") from error
        if purpose != PURPOSE:
            raise LinkRefusedError("this link was made for something else")
        if expires_s * NS_PER_S <= now_ns:
            raise LinkRefusedError("this link's time is over: sign in to acknowledge")
        return Link(issue=issue, person=person, message=message, expires_s=expires_s)

    def _mac(self, text: bytes) -> str:
        mac = hmac.digest(self._key, text, hashlib.sha256)[:_MAC_BYTES]
        return base64.urlsafe_b64encode(mac).decode()
