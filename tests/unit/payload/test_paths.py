"""Paths find their value or say MISSING; a mistyped path is refused when it is compiled."""

import pytest

from connectors.payload import MISSING, compile_path

DOCUMENT = {"data": {"values": [{"temp": 21.5}, 7], "a.b": {"c": None}}, "temp": 3}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("temp", 3),
        ("data.values[0].temp", 21.5),
        ("data.values[1]", 7),
        ('data."a.b".c', None),
        ('"data"."a.b"', {"c": None}),
        ("", DOCUMENT),
        ("data.values[2]", MISSING),
        ("data.values.temp", MISSING),
        ("temp.x", MISSING),
        ("nothing", MISSING),
        ("[0]", MISSING),
    ],
)
def test_get(path, value):
    assert compile_path(path)(DOCUMENT) == value


def test_a_key_of_something_that_is_no_object_is_missing():
    assert compile_path("a")([1]) is MISSING


@pytest.mark.parametrize("path", ["a..b", ".a", "a.", "a[", "a[x]", "a[-1]", 'a"b"', "a b", '""'])
def test_a_path_that_cannot_be_read_is_refused(path):
    with pytest.raises(ValueError, match="cannot read it from character"):
        compile_path(path)


def test_too_many_steps_are_refused():
    with pytest.raises(ValueError, match="at most 32"):
        compile_path(".".join("a" * 33))
