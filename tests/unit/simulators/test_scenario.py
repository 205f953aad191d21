"""A scenario's mistakes are all named, each with file, line and key."""

from __future__ import annotations

import pytest

from simulators.scenario import FOLDER, ScenarioError, load_scenario, parse_scenario

BROKEN = """\
name: broken
repeat_s: 100
events:
  - at_s: 5
    machine: filler
    kind: drift
    signal: FillWeigth
    rate_per_s: 0.25
    for_s: 10
  - at_s: 150
    machine: capper
    kind: slow
    factor: 0.5
    for_s: 10
  - {at_s: 1, machine: bottler, kind: counter_reset}
  - {at_s: 2, machine: hall-1, kind: jam, for_s: 3}
  - {at_s: 2, machine: mill-1, kind: renumber_namespaces}
"""


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.yaml")))
def test_every_shipped_scenario_loads(name: str) -> None:
    assert load_scenario(name).name == name


def test_wrong_names_are_named_with_line_key_and_a_suggestion() -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(BROKEN, name="broken.yaml")
    lines = str(caught.value).splitlines()
    assert lines == [
        "broken.yaml:7: events[0].signal: unknown name 'FillWeigth'; did you mean 'FillWeight'?",
        "broken.yaml:10: events[1].at_s: begins after repeat_s (100 s)",
        "broken.yaml:15: events[2].machine: unknown name 'bottler'; known: rinser, filler, capper, "
        "labeller, packer, mill-1, lathe-1, hall-1, cold-store",
        "broken.yaml:16: events[3].kind: hall-1 does not move",
        "broken.yaml:17: events[4].kind: mill-1 has no OPC UA server",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: x\nevnts: []\n", "t:2: evnts: unknown key"),
        ("name: x\nname: y\n", "t:2: name: this key stands twice"),
        ("name: x\nevents:\n  - {at_s: 1, machine: filler, kind: dritf}\n", "t:3: events[0]"),
        (
            "name: x\nevents:\n  - at_s: 1\n    machine: filler\n    kind: slow\n    factor: 0\n    for_s: 1\n",
            "t:6: events[0].factor: ",
        ),
        (
            "name: x\nevents:\n  - {at_s: 1, machine: filler, kind: jam}\n",
            "t:3: events[0].for_s: this key is required",
        ),
        (
            "name: x\nevents:\n  - {at_s: 1, machine: filler, kind: jam, for_s: '3'}\n",
            "t:3: events[0].for_s: ",
        ),
        (
            "name: x\nevents:\n  - {at_s: .nan, machine: filler, kind: jam, for_s: 3}\n",
            "t:3: events[0].at_s: ",
        ),
        ("name: x\nevents: [\n", "t:3: not YAML"),
        ("", "t:1: file: "),
        ("[1, 2]", "t:1: file: "),
    ],
)
def test_each_mistake_names_its_line_and_key(text: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, name="t")
    assert said in str(caught.value)


def test_an_unknown_scenario_lists_the_shipped_ones() -> None:
    with pytest.raises(ScenarioError, match="shipped scenarios: demo, quiet"):
        load_scenario("nosuch")
