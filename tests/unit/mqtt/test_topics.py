"""Templates match what they say, and nothing a machine can choose becomes a path unseen."""

import pytest

from connectors.mqtt.topics import TopicTemplate, fill, level_problem, overlap


@pytest.mark.parametrize(
    ("template", "broker_filter", "topic", "levels"),
    [
        ("p/{area}/{m}/t", "p/+/+/t", "p/a1/m1/t", {"area": "a1", "m": "m1"}),
        ("p/{area}/{m}/t", "p/+/+/t", "p/a1/m1/x", None),
        ("p/{area}/{m}/t", "p/+/+/t", "p/a1/m1/t/x", None),
        ("p/{area}/t", "p/+/t", "p//t", {"area": ""}),
        ("p/{m}/#", "p/+/#", "p/m1/a/b", {"m": "m1"}),
        ("p/{m}/#", "p/+/#", "p/m1", {"m": "m1"}),
        ("p/+/{m}", "p/+/+", "p/x/m1", {"m": "m1"}),
        ("a.b/c", "a.b/c", "axb/c", None),
        ("p/{m}", "p/+", "p/new\nline", {"m": "new\nline"}),
        ("#", "#", "$SYS/uptime", None),
    ],
)
def test_match(template, broker_filter, topic, levels):
    compiled = TopicTemplate(template)
    assert compiled.filter == broker_filter
    assert compiled.match(topic) == levels


@pytest.mark.parametrize(
    "template", ["", "p/{a}/{a}", "p/x{a}", "p/#/t", "$SYS/#", "p/a+", "p/{A}", "p/\n", "p/{}"]
)
def test_a_template_that_makes_no_sense_is_refused(template):
    with pytest.raises(ValueError, match="topic"):
        TopicTemplate(template)


@pytest.mark.parametrize("level", ["", "a" * 65, "a b", "a\x00", "../x", "a;drop", "é\u202e", "+"])
def test_a_hostile_level_is_named(level):
    problem = level_problem({"machine": level})
    assert problem is not None
    assert "{machine}" in problem
    assert problem.isprintable()


def test_fill():
    assert fill("d/{a}/l/cnc-{m}/x", {"a": "1", "m": "7"}) == "d/1/l/cnc-7/x"


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("a/+/t", "a/b/+", True),
        ("a/+/t", "a/b/x", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("a/b", "a/b/c", False),
        ("a/+", "a/b/#", True),
        ("#", "x", True),
        ("a/b", "a/b", True),
    ],
)
def test_overlap(first, second, both):
    assert overlap(first, second) is both
    assert overlap(second, first) is both
