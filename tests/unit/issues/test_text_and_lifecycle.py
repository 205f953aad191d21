"""Text is bounded and printable; the transition table is the whole life cycle."""

from __future__ import annotations

import pytest

from gateway.deviation import IssueState
from gateway.errors import ConflictError, InvalidRequestError
from gateway.issues.lifecycle import TRANSITIONS, IssueAction, after
from gateway.issues.text import Length, Need, clean


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("x" * 4001, "4001 characters, at most 4000"),
        ("a\x1b[31m", r"U\+001B at place 2"),
        ("a\u202eb", r"U\+202E"),
        ("a\x00b", r"U\+0000"),
    ],
)
def test_text_that_is_refused(text: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        clean(text, name="text", most=Length.COMMENT, least=Need.REQUIRED)


def test_text_that_is_taken() -> None:
    assert clean(" größer\n\tals 5 µm ", name="t", most=Length.NOTE, least=Need.REQUIRED) == (
        "größer\n\tals 5 µm"
    )
    assert clean("", name="t", most=Length.NOTE, least=Need.OPTIONAL) == ""


@pytest.mark.parametrize("state", IssueState)
@pytest.mark.parametrize("action", IssueAction)
def test_every_pair_is_a_transition_or_a_conflict(state: IssueState, action: IssueAction) -> None:
    if (state, action) in TRANSITIONS:
        assert after(1, state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(ConflictError):
            after(1, state, action)
