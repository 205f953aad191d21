"""Binding rules to signals, and writing state down."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest

from rules import engine, state
from rules.compile import compile as bound
from rules.spec import LimitSpec, MissingSpec, RateSpec, SignalInfo, Spec, pattern
from rules.state import Memory, State, StateError

SIGNALS = [
    SignalInfo(path="p/a/l/m1/x"),
    SignalInfo(path="p/a/l/m1/word", numeric=False),
    SignalInfo(path="p/a/l/m1/n", counter_bits=16),
]
NAN = float("nan")


def limit(**fields: Any) -> LimitSpec:
    return LimitSpec(**{"id": "r", "version": "1", "signals": ("**",), "high": 1.0, **fields})


def rate(**fields: Any) -> RateSpec:
    given: dict[str, Any] = {"fraction": 0.8, "window_s": 60.0, "target_per_min": 60.0}
    return RateSpec(**{"id": "r", "version": "1", "signals": ("**/n",)} | given | fields)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (limit(high=None), "neither high nor low"),
        (limit(high=NAN), "finite"),
        (limit(deadband=-1.0), "deadband is -1"),
        (limit(low=1.0), "high 1 is not above low 1"),
        (limit(low=0.0, deadband=1.0), "deadband 1 is not smaller"),
        (limit(on_delay_s=-1.0), "on_delay_s is -1"),
        (limit(off_delay_s=1e9), "want 0 to 604800"),
        (limit(signals=("**/word",)), "p/a/l/m1/word is not a number"),
        (rate(target_per_min=None), "either target_per_min or target_signal"),
        (rate(target_per_min=0.0), "target_per_min is 0"),
        (rate(max_per_min=-1.0), "max_per_min is -1"),
        (rate(fraction=0.0), "fraction is 0"),
        (rate(window_s=0.5), "at least 1 second"),
        (rate(hold_s=NAN), "hold_s is nan"),
        (rate(target_per_min=None, target_signal="n"), "its own target"),
        (MissingSpec(id="r", version="1", signals=("**",), after_s=0.0), "after_s is 0"),
    ],
)
def test_a_rule_that_cannot_run_is_left_out_alone(spec: Spec, words: str) -> None:
    fine = MissingSpec(id="fine", version="1", signals=("**",), after_s=1.0)
    table = bound([spec, fine], SIGNALS)
    assert list(table.errors) == ["r"]
    assert words in table.errors["r"]
    assert {k.rule for _, block in table.blocks.values() for k in block.keys} == {"fine"}


def test_two_rules_of_one_id_and_an_unknown_kind_are_errors() -> None:
    table = bound([limit(), limit(high=2.0)], SIGNALS)
    assert "already" in table.errors["r"]

    class Odd:
        id, version, signals = "odd", "1", ()

    assert "no family" in bound([Odd()], SIGNALS).errors["odd"]


def test_globs_stay_within_a_level_unless_doubled() -> None:
    assert pattern("a/*/c").fullmatch("a/b/c")
    assert not pattern("a/*").fullmatch("a/b/c")
    assert pattern("a/**").fullmatch("a/b/c")
    assert pattern("a/?.c").fullmatch("a/b.c")
    assert not pattern("a/?.c").fullmatch("a/bxc")


def test_text_signals_are_left_out_of_limits_and_counted_for_missing() -> None:
    table = bound(
        [
            limit(),
            rate(id="n", signals=("**",)),
            MissingSpec(id="m", version="1", signals=("**",), after_s=1.0),
        ],
        SIGNALS,
    )
    blocks = {name: block for name, (_, block) in table.blocks.items() if block.keys}
    found = {name: [key.signal for key in block.keys] for name, block in blocks.items()}
    assert found == {"limit": [0, 2], "rate_below_target": [0, 2], "missing": [0, 1, 2]}


def test_a_state_comes_back_as_it_was() -> None:
    table = bound([limit(), rate(id="n")], SIGNALS)
    before = engine.start(table, now_ns=5)
    after = state.load(state.dump(before))
    assert after.now_ns == 5
    for name, memory in before.memories.items():
        assert after.memories[name].keys == memory.keys
        for column, array in memory.columns.items() if memory.keys else ():
            np.testing.assert_array_equal(after.memories[name].columns[column], array)
            assert after.memories[name].columns[column].dtype == array.dtype


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04rubbish", b"\x93NUMPY\x01\x00"])
def test_bytes_that_are_no_state_are_refused(data: bytes) -> None:
    with pytest.raises(StateError):
        state.load(data)


def test_a_state_of_another_format_is_refused() -> None:
    out = io.BytesIO()
    np.savez(out, head=np.frombuffer(json.dumps({"format": 99}).encode(), np.uint8))
    with pytest.raises(StateError, match="format 99, want 1"):
        state.load(out.getvalue())


def test_columns_of_another_version_start_anew() -> None:
    table = bound([limit(signals=("**/x",))], SIGNALS)
    old = engine.start(table, now_ns=5)
    bent = State(5, {"limit": Memory(old.memories["limit"].keys, {"phase": np.ones(1)})})
    adopted, events = engine.adopt(table, bent)
    assert events == []
    assert adopted.memories["limit"].columns["phase"].tolist() == [0]
