"""What a provider's configuration may say, and what is wrong with one that may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from gateway.access.oidc.options import OidcOptions, is_safe
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import load

SAMPLE = Path(__file__).parents[3] / "gateway/access/samples/provider.yaml"
GOOD = {"issuer": "https://login.example", "client_id": "x", "roles": {"a": ["viewer"]}}


def test_the_sample_is_good() -> None:
    options = load(SAMPLE, environment={}).options.access.oidc
    assert options is not None
    assert options.hosts == {"login.plant.example"}
    assert "change-me" not in repr(options)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"issuer": "http://login.example"}, "want https"),
        ({"issuer": "https://login.example/?a=1"}, "want https"),
        ({"issuer": "https://anna@login.example"}, "want https"),
        ({"issuer": "login.example"}, "want https"),
        ({"roles": {}}, "at least 1"),
        ({"roles": {"a": ["emperor"]}}, "roles.a: 'emperor' is no role"),
        ({"roles": {"a": ["operator@../x"]}}, "roles.a"),
        ({"roles": {"a": ["machine"]}}, "no role of a person"),
        ({"scopes": ["profile"]}, "openid"),
        ({"allowed_hosts": ["https://login.example"]}, "no host name"),
        ({"name_prefix": "Ümlaut"}, "pattern"),
        ({"nonsense": 1}, "Extra"),
    ],
)
def test_what_is_wrong_is_told(wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        OidcOptions.model_validate(GOOD | wrong)


def test_a_provider_needs_a_page_to_send_people_back_to(tmp_path: Path) -> None:
    file = tmp_path / "taktline.yaml"
    file.write_text(yaml.safe_dump({"access": {"oidc": GOOD}}), "utf-8")
    with pytest.raises(InvalidConfigError) as refused:
        load(file, environment={})
    (problem,) = refused.value.problems
    assert (problem.path, "web.public_url" in problem.wanted) == ("access.oidc", True)


def test_http_is_for_this_machine_alone() -> None:
    assert is_safe("http://localhost:8080/x")
    assert not is_safe("http://localhost.evil.example/")
    assert not is_safe("https://host:0/")
    assert not is_safe("https://")
    assert not is_safe("https://a#b")
    assert not is_safe("https://[::1")
