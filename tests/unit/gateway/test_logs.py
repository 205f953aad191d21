"""Log lines hold one event each, whatever a machine puts into its names."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from gateway.logs import LogFormat, LogOptions, set_up_logging


@pytest.fixture(autouse=True)
def restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_line_break_from_a_machine_cannot_forge_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logging(LogOptions())
    logging.getLogger("t").warning(
        "lost %s", "a\n2026 ERROR forged\x1b[2J", extra={"asset": "x\ny"}
    )
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "\\n2026" in err
    assert "asset=x\\ny" in err
    assert "\x1b" not in err


def test_json_lines_hold_fields_and_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogOptions(format=LogFormat.JSON))
    try:
        int("x")
    except ValueError:
        logging.getLogger("t").exception("failed", extra={"signal": "a/b"})
    entry = json.loads(capsys.readouterr().err)
    assert entry["level"] == "error"
    assert entry["signal"] == "a/b"
    assert "ValueError" in entry["traceback"]


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(LogOptions())
    logging.getLogger("t").debug("quiet")
    assert capsys.readouterr().err == ""
