"""What the `control` section refuses, and the table of states."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.command import OperationState as S
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import load
from gateway.control.lifecycle import AT_RESTART, OPEN, TRANSITIONS, step
from gateway.control.options import ControlOptions
from gateway.errors import ConflictError
from tests.peers.control_house import COMMANDS


def changed(command: str, **change: Any) -> dict[str, Any]:
    commands = copy.deepcopy(COMMANDS)
    commands[command] |= change
    return {"commands": commands}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (changed("speed", machine="plant/filler"), "is no machine"),
        (changed("speed", parameters=[{"signal": "x/y", "low": 1, "high": 2}]), "is no signal of"),
        (changed("speed", parameters=[{"signal": "speed", "low": 5}]), "belong together"),
        (changed("speed", parameters=[{"signal": "speed", "low": 5, "high": 1}]), "above high"),
        (
            changed("speed", parameters=[{"signal": "speed", "low": 5, "high": float("inf")}]),
            "finite",
        ),
        (changed("speed", choices={1: "Start"}), "has no choices"),
        (changed("packml", choices={}), "needs choices"),
        (changed("packml", read_back={"signal": "state", "expect": {2: [6]}}), "lacks 4"),
        (changed("packml", read_back={"expect": {2: [6], 4: [10]}}), "which signal shows"),
        (changed("packml", roles=["viewer"]), "lacks the right"),
        (changed("recipe", recipes={"a": {"speed": 1}}), "one value"),
        (changed("recipe", automatic=["rules"]), "cannot be automatic"),
        (changed("speed", interlocks=[{"name": "x", "when": "mode = 1"}]), "cannot be read"),
        (changed("speed", expires_s=3600), "less than or equal to 60"),
        (changed("speed", force=True), "Extra inputs"),
    ],
)
def test_a_mistake_is_told(document: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ControlOptions.model_validate(document)


def test_nothing_is_writable_unless_it_is_written_down() -> None:
    assert ControlOptions.model_validate({}).commands == {}


def test_a_command_that_no_connector_can_carry_out_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(
        """connectors:
  filler:
    type: opcua
    endpoint: opc.tcp://127.0.0.1:4840
    security: none
    machine: plant/a/l/filler
    nodes: [{node: "nsu=urn:x;s=Speed", signal: target_speed}]
control:
  commands:
    speed:
      title: Speed
      kind: setpoint
      machine: plant/a/l/filler
      parameters:
        - {signal: targt_speed, low: 1, high: 2}
"""
    )
    with pytest.raises(InvalidConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.line == 15
    assert "plant/a/l/filler/target_speed?" in problem.wanted


def test_what_has_ended_never_goes_on_and_a_restart_ends_what_was_under_way() -> None:
    ended = set(S) - set(OPEN)
    assert ended == {S.OK, S.FAILED, S.UNKNOWN, S.DECLINED, S.EXPIRED, S.CANCELLED}
    for state in ended:
        for new in S:
            with pytest.raises(ConflictError):
                step("x", state, new)
    # Only a selection is sent, and what is being sent ends in nothing but an outcome.
    assert [state for state in S if S.SENDING in TRANSITIONS[state]] == [S.SELECTED]
    assert TRANSITIONS[S.SENDING] == {S.OK, S.FAILED, S.UNKNOWN}
    assert AT_RESTART[S.SENDING] is S.UNKNOWN
    assert AT_RESTART[S.SELECTED] is S.CANCELLED


@pytest.mark.parametrize(
    ("propose", "words"),
    [
        ("{command: sped, value: 2}", "speed?"),
        ("{command: speed, value: 3}", "outside 1 to 2"),
        ("{command: speed, values: {temp: 1}}", "speed has no value"),
        ("{command: speed, recipe: cola}", "no recipe 'cola'"),
        ("{command: speed, value: 2, recipe: cola}", "want one of"),
    ],
)
def test_what_a_rule_proposes_is_held_against_the_commands(
    tmp_path: Path, propose: str, words: str
) -> None:
    path = tmp_path / "plant.yaml"
    path.write_text(
        f"""connectors:
  filler:
    type: opcua
    endpoint: opc.tcp://127.0.0.1:4840
    security: none
    machine: plant/a/l/filler
    nodes: [{{node: "nsu=urn:x;s=Speed", signal: speed}}]
control:
  commands:
    speed: {{title: Speed, kind: setpoint, machine: plant/a/l/filler, parameters: [{{signal: speed, low: 1, high: 2}}]}}
rules:
  fast:
    type: limit
    title: Too fast
    signals: [plant/a/l/filler/speed]
    high: 1.5
    issue_type: quality
    propose: {propose}
"""
    )
    with pytest.raises(InvalidConfigError) as caught:
        load(path)
    (problem,) = caught.value.problems
    assert problem.line == 18
    assert words in f"{problem.what} {problem.wanted}"
    path.write_text(path.read_text().replace(propose, "{command: speed, value: 2}"))
    assert load(path).options.rules["fast"].propose is not None
