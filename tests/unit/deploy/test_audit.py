"""The look for vulnerabilities says what it knows, and never that all is well where it could not look."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.audit import Outcome, Report, told_page, told_python, verdict

SOUND = {"name": "a", "version": "1", "vulns": []}
BROKEN = {
    "name": "b",
    "version": "2",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3"], "aliases": [], "description": "x"}],
}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("found", "outcome", "told"),
    [
        ([SOUND], Outcome.NOTHING_KNOWN, "1 packages examined by osv"),
        ([SOUND, SKIPPED], Outcome.NOT_EXAMINED, "NOT EXAMINED: c: Dependency not found"),
        ([SKIPPED, BROKEN], Outcome.KNOWN, "b 2: CVE-1 (fixed in 3)"),
    ],
)
def test_python_packages(found: list[dict[str, Any]], outcome: Outcome, told: str) -> None:
    report = told_python(found, "osv")
    assert report.outcome is outcome
    assert told in "\n".join(report.lines)


def test_the_page() -> None:
    counts = {"metadata": {"dependencies": {"prod": 4}}}
    assert told_page({"vulnerabilities": {}, **counts}).outcome is Outcome.NOTHING_KNOWN
    bad = {"vulnerabilities": {"x": {"severity": "high", "range": "<2"}}, **counts}
    assert told_page(bad).outcome is Outcome.KNOWN
    away = told_page({"message": "405 Method Not Allowed", "statusCode": 405})
    assert away.outcome is Outcome.NOT_EXAMINED
    assert "405" in away.lines[1]
    with pytest.raises(KeyError):
        told_page({})


def test_what_is_known_counts_most_and_what_was_not_examined_is_said() -> None:
    good, unknown, bad = (
        Report(outcome=each, lines=())
        for each in (Outcome.NOTHING_KNOWN, Outcome.NOT_EXAMINED, Outcome.KNOWN)
    )
    assert verdict([good, good])[0] is Outcome.NOTHING_KNOWN
    assert verdict([good, unknown])[0] is Outcome.NOT_EXAMINED
    assert verdict([unknown, bad, good])[0] is Outcome.KNOWN
    assert "NOT EXAMINED" in verdict([unknown])[1]
