"""What holds for every test: generators may be slow on a busy machine, and a real peer gets a second chance."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("taktline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("taktline")

REAL_PEERS = {"contract", "fault", "e2e"}
"""Tests with processes, sockets and browsers of their own, which a busy machine can starve past any deadline."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test with real peers once more where it fails; the summary names it, and a defect fails twice."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in REAL_PEERS:
            item.add_marker(pytest.mark.flaky(reruns=1))
