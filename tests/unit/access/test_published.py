"""A provider is asked no more than it takes: once an hour, once for a key that is unknown, not while it is away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.jwk import ECKey, KeySet

from gateway.access.oidc.keys import Published
from gateway.access.oidc.options import OidcOptions
from gateway.access.oidc.tokens import UnknownKeyError
from gateway.clock import ManualClock
from gateway.commands.doctor import peers
from gateway.commands.doctor.finding import Grade
from gateway.errors import NotConnectedError

HOST = "https://login.example"
OPTIONS = OidcOptions.model_validate({"issuer": HOST, "client_id": "x", "roles": {"a": ["viewer"]}})


class Provider:
    """Counts what it is asked; `away` lets it answer nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.away = False
        self.keys = [ECKey.generate_key("P-256", parameters={"kid": "one"})]

    def __call__(
        self,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        self.asked.append(url.rpartition("/")[2])
        if self.away:
            msg = "the provider at login.example does not answer: ReadTimeoutError"
            raise NotConnectedError(msg)
        if url.endswith("keys"):
            return 200, {"keys": [key.as_dict(private=False) for key in self.keys]}
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        return 200, {"issuer": HOST, **dict.fromkeys(names, f"{HOST}/keys")}


def unknown(_: KeySet) -> dict[str, Any]:
    msg = "who?"
    raise UnknownKeyError(msg)


async def test_documents_are_kept_for_an_hour() -> None:
    clock, fetch = ManualClock(), Provider()
    published = Published(OPTIONS, fetch=fetch, clock=clock)
    for _ in range(3):
        await published.metadata()
        await published.reading(lambda keys: {"n": len(keys.keys)})
    assert fetch.asked == ["openid-configuration", "keys"]
    await clock.advance(3601)
    await published.reading(lambda keys: {"n": len(keys.keys)})
    assert fetch.asked[2:] == ["openid-configuration", "keys"]


async def test_an_unknown_key_is_asked_for_once_in_half_a_minute() -> None:
    clock, fetch = ManualClock(), Provider()
    published = Published(OPTIONS, fetch=fetch, clock=clock)
    for _ in range(5):
        with pytest.raises(UnknownKeyError):
            await published.reading(unknown)
    assert fetch.asked.count("keys") == 1
    await clock.advance(31)
    for _ in range(5):
        with pytest.raises(UnknownKeyError):
            await published.reading(unknown)
    assert fetch.asked.count("keys") == 2


async def test_who_does_not_answer_is_left_alone_for_a_moment() -> None:
    clock, fetch = ManualClock(), Provider()
    fetch.away = True
    published = Published(OPTIONS, fetch=fetch, clock=clock)
    for _ in range(5):
        with pytest.raises(NotConnectedError, match="does not answer"):
            await published.metadata()
    assert len(fetch.asked) == 1
    fetch.away = False
    await clock.advance(6)
    assert (await published.metadata()).token_endpoint == f"{HOST}/keys"
    assert await published.examine() == 1


async def test_the_doctor_says_what_the_first_to_sign_in_would_meet() -> None:
    away = OPTIONS.model_copy(update={"issuer": "http://localhost:9"})
    finding = await peers.provider(away, ManualClock())
    assert (finding.subject, finding.grade) == ("sign-in", Grade.IN_THE_WAY)
    assert "does not answer" in finding.says
