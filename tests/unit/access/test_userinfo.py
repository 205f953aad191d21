"""What a provider hands over for asking it again goes into a header only where a header can hold it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.access.oidc.fetch import HttpFetch
from gateway.access.oidc.keys import Metadata
from gateway.access.oidc.options import OidcOptions
from gateway.access.oidc.provider import OidcProvider
from gateway.audit.key import InstallKey
from gateway.clock import ManualClock
from gateway.errors import NotConnectedError

AT = "http://localhost:9/x"
OPTIONS = OidcOptions.model_validate(
    {"issuer": "http://localhost:9", "client_id": "x", "roles": {"a": ["viewer"]}}
)
PLACES = Metadata(authorization_endpoint=AT, token_endpoint=AT, jwks_uri=AT, userinfo_endpoint=AT)


async def test_a_token_that_no_header_can_hold_asks_nobody() -> None:
    nobody: Any = None
    provider = OidcProvider(
        OPTIONS,
        desk=nobody,
        store=nobody,
        key=InstallKey(bytes(range(32))),
        clock=ManualClock(),
        fetch=HttpFetch(OPTIONS.hosts, ca_file=None),
    )
    claims = {"sub": "s-anna"}
    for token in ("", "a\r\nx-more: 1", "\u2603"):
        assert await provider._with_groups(claims, PLACES, token) is claims
    with pytest.raises(NotConnectedError):
        await provider._with_groups(claims, PLACES, "abc")
