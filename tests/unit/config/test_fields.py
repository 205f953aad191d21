"""Defaults as the reference and a rule's page tell them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from gateway.access.oidc.options import OidcOptions
from gateway.config.fields import default_of
from gateway.config.schema import GatewayOptions
from gateway.notify.options import NotifyOptions
from gateway.production.execution.options import ExecutionOptions


@pytest.mark.parametrize(
    ("model", "name", "shown"),
    [
        (ExecutionOptions, "blocking", "P1"),
        (ExecutionOptions, "poll_s", "0.5"),
        (ExecutionOptions, "lateness_s", "30"),
        (OidcOptions, "scopes", "openid, profile"),
        (OidcOptions, "client_secret", "none"),
        (OidcOptions, "issuer", None),
        (NotifyOptions, "overdue", "built in"),
        (GatewayOptions, "execution", "empty"),
        (GatewayOptions, "connectors", "empty"),
    ],
)
def test_a_default_is_told_as_it_would_be_written(
    model: type[BaseModel], name: str, shown: str | None
) -> None:
    assert default_of(model.model_fields[name]) == shown


def test_reasons_for_stops_are_told_by_their_codes() -> None:
    told = default_of(ExecutionOptions.model_fields["stop_reasons"])
    assert told is not None
    assert told.startswith("no-material: No material, ")
