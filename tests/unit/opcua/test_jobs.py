"""Job orders before they leave: what cannot be encoded is refused, and not sent with an unknown outcome."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.opcua.jobs.control import JobControl
from connectors.opcua.jobs.types import NAMESPACE
from connectors.opcua.options import JobsOptions
from gateway.errors import CommandRefusedError

CALL = {"verb": "StoreAndStart", "job": "W-1/turn", "product": "P", "op": "turn", "qty": 250}


def control() -> JobControl:
    nobody: Any = None
    options = {"signal": "p/a/l/lathe/jobs", "receiver": f"nsu={NAMESPACE};s=Receiver"}
    return JobControl(nobody, [NAMESPACE], JobsOptions.model_validate(options))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("{", "no call as JSON"),
        (json.dumps(CALL | {"verb": "Explode"}), "want a verb"),
        (json.dumps(CALL | {"job": ""}), "and a job"),
        (json.dumps(CALL | {"qty": "many"}), "no job order can be made"),
        (json.dumps(CALL | {"priority": 40_000}), "no job order can be made"),
        (json.dumps(CALL | {"starts_ns": 10**30}), "no job order can be made"),
    ],
)
async def test_a_call_that_cannot_be_encoded_is_refused_before_anything_is_sent(
    value: str, words: str
) -> None:
    control().check(json.dumps(CALL))
    with pytest.raises(CommandRefusedError, match=words):
        control().check(value)
    with pytest.raises(CommandRefusedError, match=words):
        await control().carry_out(value)
