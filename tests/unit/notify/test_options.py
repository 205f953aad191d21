"""The sample of notifications loads, and settings that cannot be are refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.config.schema import load
from gateway.deviation import Severity
from gateway.maintenance.options import CyclesOptions, DriftOptions, HoursOptions
from gateway.notify.options import NotifyOptions

SAMPLE = Path(__file__).parents[3] / "gateway" / "notify" / "samples" / "notify.yaml"


def test_the_sample_loads_and_no_secret_is_in_its_text() -> None:
    secrets = {
        "TAKTLINE_MAIL_PASSWORD": "canary-password",
        "TAKTLINE_CHAT_URL": "slack://canaryA/canaryB/canaryC/#line1",
        "TAKTLINE_MES_SECRET": "canary-secret-of-at-least-32-characters",
        "TAKTLINE_SMS_URL": "twilio://canarySID:canaryTOKEN@15550100000/{address}",
    }
    options = load(SAMPLE, environment=secrets).options
    assert set(options.notify.channels) == {"mail", "sms", "line-chat", "mes"}
    assert options.notify.escalation[Severity.P3].steps[1].after_s == 4 * 3600, "kept from default"
    kinds = {type(each) for each in options.maintenance.triggers.values()}
    assert kinds == {HoursOptions, CyclesOptions, DriftOptions}
    assert "canary" not in repr(options)
    assert "canary" not in options.model_dump_json()


MAIL = {"type": "mail", "host": "mail.example", "sender": "t@plant.example"}
TEAM = {"members": ["anna"]}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"channels": {"screen": MAIL}}, "'screen' is the page itself"),
        ({"channels": {"mail": MAIL}}, "mail.example is not declared"),
        ({"channels": {"x": {"type": "apprise", "url": "syslog://"}}}, "want an Apprise address"),
        (
            {"channels": {"x": {"type": "apprise", "url": "syslog://user"}}},
            "reaches nobody outside",
        ),
        (
            {"channels": {"x": {"type": "webhook", "url": "https://h/x", "secret": "short"}}},
            "fewer than 32 characters",
        ),
        (
            {"channels": {"x": {"type": "webhook", "url": "https://u:p@h/", "secret": "s" * 32}}},
            "without a user name",
        ),
        (
            {"channels": {"mail": MAIL}, "allowed_hosts": ["mail.example"]}
            | {"teams": {"l1": TEAM | {"channels": ["mail"]}}},
            "wants a person's address",
        ),
        ({"teams": {"l1": TEAM | {"channels": ["chat"]}}}, "no channel 'chat'; there are: none"),
        (
            {"escalation": {"P1": {"steps": [{"after_s": 9, "tell": ["owner"]}] * 2}}},
            "each step comes later",
        ),
        (
            {"channels": {"mail": MAIL}, "allowed_hosts": ["mail.example"]}
            | {"people": {"anna": {"mail": "anna"}}},
            "want a mail address",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(written: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        NotifyOptions.model_validate(written)
