"""The whole product under its own OpenAPI document: nothing that schemathesis makes of it is answered with a 5xx."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.e2e.product import Gateway
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.e2e]
LONG = "a sentence that nobody else knows"
CHECKS: Final = (not_a_server_error, response_schema_conformance)
LEFT_OUT: Final = ["revoke_token", "sign_out", "end_own_session", "change_password"]
"""They end what the test itself signs in with; `tests/contract/access` holds them to their answers."""
EXAMPLES: Final = int(os.environ.get("TAKTLINE_FUZZ_EXAMPLES", "25"))
"""Of each operation in the long run; it takes about a minute for each five."""
SETTINGS: Final = hypothesis.settings(
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with a connector that finds nobody, a rule and a line; it asks for sign-in."""
    machine = "test/packing/line1/filler"
    node = {"node": "m:s=Weight", "signal": "weight", "unit": "g", "low": 495, "high": 505}
    config = {
        "connectors": {
            "filler": {
                "type": "opcua",
                "endpoint": f"opc.tcp://127.0.0.1:{free_port()}",
                "security": "none",
                "namespaces": {"m": "urn:test:filler"},
                "machine": machine,
                "nodes": [node],
            }
        },
        "rules": {
            "heavy": {
                "type": "limit",
                "title": "Too heavy",
                "signals": [f"{machine}/weight"],
                "high": 505.0,
            }
        },
        "lines": {"line1": {"machines": [machine, "test/packing/line1/capper"]}},
    }
    made = Gateway(tmp_path_factory.mktemp("fuzz"), config)
    text = made.file.read_text("utf-8").replace("sign_in: 'off'", "sign_in: required")
    made.file.write_text(text, "utf-8")
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture(scope="module")
def bearer(product: Gateway) -> dict[str, str]:
    """A token that may do everything, made as an administrator makes one."""
    link = re.search(r"tkl_[\w-]+", product.log.read_text("utf-8"))
    assert link is not None
    body = {"secret": link.group(0), "name": "root", "password": LONG}
    with httpx.Client(base_url=product.url, timeout=30) as client:
        assert client.post("/api/v1/session/link", json=body).status_code == 204
        me = client.post("/api/v1/session", json={"name": "root", "password": LONG}).json()
        wanted = {"name": "fuzz", "grants": ["administrator"], "lifetime_days": 1}
        made = client.post("/api/v1/tokens", json=wanted, headers={"x-csrf-token": me["csrf"]})
        assert made.status_code == 201, made.text
        return {"authorization": f"Bearer {made.json()['secret']}"}


@pytest.fixture(scope="module")
def schema(product: Gateway, bearer: dict[str, str]) -> BaseSchema:
    document = httpx.get(f"{product.url}/api/v1/openapi.json", headers=bearer, timeout=60).json()
    made = schemathesis.openapi.from_dict(document)
    made.config.update(base_url=product.url)
    return made.exclude(operation_id=LEFT_OUT)


class Tally:
    """How many answers there were of each status: a test that is refused everywhere proves nothing."""

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}

    def hold(self, case: Any, headers: dict[str, str]) -> Any:
        """Send a case and hold its answer to the checks."""
        answer = case.call_and_validate(headers=headers, checks=list(CHECKS), timeout=60)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        return answer

    @property
    def share_done(self) -> float:
        done = sum(count for status, count in self.statuses.items() if status < 300)
        return done / max(1, sum(self.statuses.values()))


def every_operation(schema: BaseSchema, headers: dict[str, str], *, examples: int) -> Tally:
    tally, failures = Tally(), []
    for found in schema.get_all_operations():
        operation = found.ok()

        @hypothesis.settings(SETTINGS, max_examples=examples)
        @hypothesis.seed(17)
        @hypothesis.given(operation.as_strategy())
        def each(case: Any) -> None:
            tally.hold(case, headers)

        try:
            each()
        except* FailureGroup as group:
            failures += [f"{operation.label}: {one}" for one in group.exceptions]
    assert not failures, "\n".join(failures)
    return tally


def walks(schema: BaseSchema, headers: dict[str, str], *, walks: int, steps: int) -> Tally:
    tally = Tally()
    machine = schema.as_state_machine()

    class Walk(machine):  # type: ignore[misc, valid-type]
        def call(self, case: Any, **more: Any) -> Any:
            return case.call(headers=headers, timeout=60, **more)

        def validate_response(self, response: Any, case: Any, **more: Any) -> None:
            tally.statuses[response.status_code] = tally.statuses.get(response.status_code, 0) + 1
            case.validate_response(response, checks=list(CHECKS))

    Walk.run(settings=hypothesis.settings(SETTINGS, max_examples=walks, stateful_step_count=steps))
    return tally


def still_in(product: Gateway, headers: dict[str, str]) -> None:
    """Hold that nothing that was sent took away the right to send it: the rest would prove nothing."""
    answer = httpx.get(f"{product.url}/api/v1/users", headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text


def test_walks_along_links_end_in_no_5xx(
    product: Gateway, schema: BaseSchema, bearer: dict[str, str]
) -> None:
    tally = walks(schema, bearer, walks=16, steps=8)
    print(json.dumps(tally.statuses))
    assert tally.share_done > 0.1, tally.statuses
    still_in(product, bearer)
    assert "defect" not in product.log.read_text("utf-8")


@pytest.mark.slow
def test_every_operation_many_times_ends_in_no_5xx(
    product: Gateway, schema: BaseSchema, bearer: dict[str, str]
) -> None:
    tally = every_operation(schema, bearer, examples=EXAMPLES)
    print(json.dumps(tally.statuses))
    walked = walks(schema, bearer, walks=4 * EXAMPLES, steps=12)
    print(json.dumps(walked.statuses))
    assert walked.share_done > 0.1, walked.statuses
    still_in(product, bearer)
    assert "defect" not in product.log.read_text("utf-8")
