"""What holds for every test: generators may be slow on a busy machine, and real peers get further chances, told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("taktline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("taktline")

REAL_PEERS = {"contract", "fault", "e2e"}
"""Tests with processes, sockets and browsers of their own, which a busy machine can starve past any deadline."""

_LINES_OF_A_RERUN = 30


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a test with real peers up to twice more where it fails; a defect fails three times."""
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0] in REAL_PEERS:
            item.add_marker(pytest.mark.flaky(reruns=2))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how each test failed that then passed: a rerun without its reason teaches nothing."""
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.section(f"first {report.when} of {report.nodeid}", sep="-")
        terminalreporter.line("\n".join(report.longreprtext.splitlines()[-_LINES_OF_A_RERUN:]))
