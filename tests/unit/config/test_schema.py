"""A whole configuration: what ships is good, and what is wrong is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.commands.reference import page
from gateway.config.problems import InvalidConfigError
from gateway.config.schema import BadRules, GatewayOptions, load
from gateway.detect.options_broken import BrokenRule, broken

SAMPLES = Path(__file__).parents[3] / "gateway" / "config" / "samples"


@pytest.mark.parametrize("sample", sorted(SAMPLES.iterdir()), ids=lambda p: p.name)
def test_every_sample_is_good(sample: Path) -> None:
    assert load(sample, environment={}).options.connectors


def test_the_first_configuration_of_readme_is_good(tmp_path: Path) -> None:
    text = (SAMPLES.parents[2] / "README.md").read_text("utf-8")
    file = tmp_path / "plant.yaml"
    file.write_text(text.partition("```yaml\n")[2].partition("```")[0], "utf-8")
    assert [*load(file, environment={}).options.connectors] == ["filler"]


def test_an_empty_file_gives_defaults(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("")
    assert load(file).options == GatewayOptions.model_validate({})


BROKEN = """\
plant:
  site: lyon
  time_zone: Paris
webb: {port: 80}
web: {host: 0.0.0.0, sign_in: off}
connectors:
  one: {type: opca, endpoint: "opc.tcp://h:1"}
  two:
    type: opcua
    endpoint: http://h
    security: none
    nodes:
      - {node: "ns=2;s=A", signal: a/b/c/d/e}
      - {node: "nsu=urn:x;s=B", signal: a/b/c}
  three:
    type: mqtt
    host: h
    client_id: c
    mappings:
      - topic: plant/{machine}/data
        signals: [{path: x, signal: "a/b/c/{machin}/x", unti: g}]
rules:
  r1: {type: limit, title: T, signals: [a/b/c/d/e], high: 1, low: 2}
  r2: {title: T}
store: {url: "sqlite:///x", password: p}
"""


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(BROKEN)
    with pytest.raises(InvalidConfigError) as caught:
        load(file)
    told = {(p.line, p.path) for p in caught.value.problems}
    for line, path in [
        (3, "plant.time_zone"),
        (4, "webb"),
        (5, "web"),
        (7, "connectors.one.type"),
        (10, "connectors.two.endpoint"),
        (13, "connectors.two.nodes[0].node"),
        (14, "connectors.two.nodes[1].signal"),
        (21, "connectors.three.mappings[0].signals[0].unti"),
        (23, "rules.r1"),
        (24, "rules.r2.type"),
        (25, "store"),
    ]:
        assert (line, path) in told, f"{line} {path} is missing in\n{caught.value}"
    text = str(caught.value)
    assert "opcua?" in text
    assert "web?" in text
    assert "unit?" in text
    assert "no IANA time zone" in text


def test_a_secret_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "canary-5f2e")
    file = tmp_path / "t.yaml"
    file.write_text(
        "store: {url: 'sqlite:///x', password: '${CANARY}'}\n"
        "historian: {kind: influx, url: 'http://h', bucket: b, token: '${CANARY}', batch_rows: no}\n"
    )
    with pytest.raises(InvalidConfigError) as caught:
        load(file)
    assert "canary" not in str(caught.value)
    good = tmp_path / "good.yaml"
    good.write_text("historian: {kind: influx, url: 'http://h', bucket: b, token: '${CANARY}'}\n")
    assert "canary" not in repr(load(good))


def test_names_that_would_break_metrics_and_paths_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("rules:\n  'a b/c': {type: missing, title: T, signals: ['**'], after_s: 1}\n")
    with pytest.raises(InvalidConfigError, match="is no name"):
        load(file)


def test_the_reference_page_names_every_option_with_its_meaning() -> None:
    text = page()
    assert "| `sampling_ms` | a number | ms | `100` |" in text
    for line in text.splitlines():
        if line.startswith("| `"):
            assert not line.endswith("|  |"), f"an option without a sentence: {line}"


def test_a_rule_with_mistakes_can_be_left_out_alone(tmp_path: Path) -> None:
    file = tmp_path / "plant.yaml"
    good = "{type: missing, title: Silent, signals: ['**'], after_s: 5}"
    file.write_text(
        f"rules:\n  good: {good}\n  bad: {{type: limit, title: Hot, signals: ['**'], hihg: 5}}\n"
        "  odd: {type: limmit}\n  list: [1]\n"
    )
    with pytest.raises(InvalidConfigError):
        load(file)
    rules = load(file, bad_rules=BadRules.DISABLE).options.rules
    assert list(broken(rules)) == ["bad", "odd", "list"]
    assert rules["good"].enabled
    bad = rules["bad"]
    assert isinstance(bad, BrokenRule)
    assert f"{file}:3 rules.bad.hihg: unknown key (want high?)" in bad.error
    assert (bad.title, bad.type, bad.written["hihg"]) == ("Hot", "limit", 5)
    # What is no rule is refused with everything, as nobody can tell what it would have been.
    file.write_text(f"rules:\n  good: {good}\n  bad: {{type: limit\nlog: 5\n")
    with pytest.raises(InvalidConfigError, match="not YAML"):
        load(file, bad_rules=BadRules.DISABLE)
    file.write_text(f"lgo: {{}}\nrules:\n  good: {good}\n")
    with pytest.raises(InvalidConfigError, match="unknown key"):
        load(file, bad_rules=BadRules.DISABLE)
