from enum import StrEnum

import pytest

from gateway.errors import ConflictError
from gateway.production import lifecycle
from gateway.production.lifecycle import PLAN, JobState, PlanState, moved

TABLES = [
    each for name, each in vars(lifecycle).items() if name.isupper() and isinstance(each, dict)
]
LIFE_CYCLES = [
    each
    for each in vars(lifecycle).values()
    if isinstance(each, type) and issubclass(each, StrEnum) and each is not StrEnum
]


def test_every_life_cycle_has_one_table_that_names_every_state():
    assert len(TABLES) == len(LIFE_CYCLES) == 13
    for table in TABLES:
        kind: type[StrEnum] = type(next(iter(table)))
        assert set(table) == set(kind)
        reached = set().union(*table.values())
        assert set(kind) - reached <= {next(iter(kind))}, "only the first state is never reached"


def test_a_move_that_the_table_does_not_know_is_refused_by_name():
    assert (
        moved(PLAN, what="plan 3", now=PlanState.DRAFT, to=PlanState.CHECKED) is PlanState.CHECKED
    )
    with pytest.raises(
        ConflictError, match="plan 3 is draft and cannot become approved; possible: checked"
    ):
        moved(PLAN, what="plan 3", now=PlanState.DRAFT, to=PlanState.APPROVED)
    with pytest.raises(ConflictError, match="nothing any more"):
        moved(lifecycle.JOB, what="job", now=JobState.ENDED, to=JobState.RUNNING)
