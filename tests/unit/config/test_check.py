"""Mistakes in options are reported all at once, with place, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator

from gateway.config.check import check
from gateway.config.reader import read_tree
from gateway.options import Options


class Square(Options):
    type: Literal["square"]
    side_m: float = Field(1.0, gt=0, description="Length of a side.")


class Circle(Options):
    type: Literal["circle"]
    radius_m: float = Field(description="Half its width.")


class Sheet(Options):
    name: str = Field(description="What people call it.")
    token: SecretStr | None = Field(None, min_length=4, description="Opens the drawer.")
    shapes: dict[str, Annotated[Square | Circle, Field(discriminator="type")]] = Field(
        default_factory=dict, description="What lies on it."
    )
    widths_m: list[float] = Field(default_factory=list, description="Widths.")

    @field_validator("name")
    @classmethod
    def _lower(cls, name: str) -> str:
        if name != name.lower():
            msg = f"{name!r} has capitals"
            raise ValueError(msg)
        return name


def problems(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "c.yaml"
    file.write_text(text)
    tree = read_tree(file)
    assert check(Sheet, tree.values, tree=tree) is None
    return [str(problem).removeprefix(str(file)) for problem in sorted(tree.problems)]


def test_good_values_give_options(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("name: a\nshapes: {x: {type: square, side_m: 2}}\n")
    tree = read_tree(file)
    sheet = check(Sheet, tree.values, tree=tree)
    assert sheet is not None
    assert sheet.shapes["x"] == Square(type="square", side_m=2)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    text = """\
name: Upper
shapes:
  a: {type: square, side_m: -1}
  b:
    type: circle
    radius: 3
widths_m:
  - 1
  - wide
token: abc
"""
    assert problems(tmp_path, text) == [
        ":1 name: 'Upper' has capitals (want text: What people call it.)",
        ":3 shapes.a.side_m: -1: input should be greater than 0 (want a number: Length of a side.)",
        ":4 shapes.b.radius_m: is missing (want a number: Half its width.)",
        ":6 shapes.b.radius: unknown key (want radius_m?)",
        ":9 widths_m[1]: 'wide': input should be a valid number, unable to parse string as a number"
        " (want a number)",
        ":10 token: the value: value should have at least 4 items after validation, not 3"
        " (want text (a secret): Opens the drawer.)",
    ]


def test_an_unknown_key_without_a_near_one_lists_what_there_is(tmp_path: Path) -> None:
    assert problems(tmp_path, "name: a\nzzz: 1\n") == [
        ":2 zzz: unknown key (want one of name, shapes, token, widths_m)"
    ]


def test_a_wrong_discriminator_says_which_there_are(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "name: a\nshapes:\n  a: {type: oval}\n")
    assert line.startswith(":3 shapes.a")
    assert "square" in line
    assert "circle" in line
