"""Whatever stands in a configuration, a board or a table, it is read or refused in words, and nothing of it runs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from gateway.boards.text import from_yaml
from gateway.config.problems import InvalidConfigError
from gateway.config.reader import read_tree
from gateway.config.schema import load
from gateway.errors import TaktlineError

PIECES = st.sampled_from(
    [
        "plant:", "site: a", "  time_zone: UTC", "access:", "  oidc:", "    issuer: https://x",
        "    roles: {a: [viewer]}", "connectors:", "  a: {type: mqtt}", "rules:", "- 1", "&x ", "*x",
        "<<: *x", "!file /etc/hostname", "!credential x", "!!python/object/apply:os.system [id]",
        "${HOME}", "${X:-1}", "{", "}", "[", "]", "? ", ": ", "|", ">", "\t", "---", "...", "%YAML 9",
        "taktline_board: 1", "title: T", "tiles: []", "1e999", ".nan", "0x7", "2026-01-01", "~", "\x00",
    ]
)  # fmt: skip
DOCUMENTS = st.lists(PIECES | st.text(max_size=8), max_size=14).flatmap(
    lambda parts: st.lists(
        st.sampled_from(["\n", " ", "\n  ", ""]), min_size=len(parts), max_size=len(parts)
    ).map(lambda gaps: "".join(part + gap for part, gap in zip(parts, gaps, strict=True)))
)


def refusal(read: Callable[[], object]) -> TaktlineError | None:
    """Return what somebody is told, or None where all was well; any other error is a defect."""
    try:
        read()
    except TaktlineError as error:
        return error
    return None


@given(DOCUMENTS.map(lambda text: text.encode(errors="replace")) | st.binary(max_size=200))
def test_any_configuration_is_read_or_its_mistakes_are_told(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "taktline.yaml"
        file.write_bytes(content)
        tree = read_tree(file, environment={})
        told = refusal(lambda: load(file, environment={}))
        if told is None:
            assert tree.problems == []
        else:
            assert isinstance(told, InvalidConfigError)
            assert told.problems
            assert all(problem.what and problem.file for problem in told.problems)


@given(DOCUMENTS)
def test_any_board_is_read_or_refused(text: str) -> None:
    told = refusal(lambda: from_yaml(text))
    assert told is None or str(told)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from(["columns", "tiles", "title", "rows", "x"]), VALUES, max_size=4)
)
def test_any_values_of_a_board_are_read_or_refused(values: dict[str, object]) -> None:
    text = yaml.safe_dump({"taktline_board": 1, "title": "T", **values}, allow_unicode=True)
    told = refusal(lambda: from_yaml(text))
    assert told is None or str(told)
