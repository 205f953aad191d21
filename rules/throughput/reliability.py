"""Reliability of repairable machines from counted failures, repair times and times to acknowledge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Figures(NamedTuple):
    """Means in the unit of what was given; None where nothing was counted."""

    mtbf: float | None
    mttr: float | None
    mtta: float | None
    availability: float | None


def figures(
    *, operating: float | None, repairs: Sequence[float], acknowledgements: Sequence[float]
) -> Figures:
    """Return MTBF = operating/failures, MTTR = mean repair, MTTA = mean acknowledgement, availability = MTBF/(MTBF+MTTR).

    A failure is a repair that has ended; `operating` is run and set-up time between failures, delays excluded
    (ISO 22400-2; the denominator is the failure count, see reference E4). MTTA is not of that standard.
    """
    failures = len(repairs)
    mttr = sum(repairs) / failures if failures else None
    mtbf = operating / failures if failures and operating is not None else None
    mtta = sum(acknowledgements) / len(acknowledgements) if acknowledgements else None
    whole = 0.0 if mtbf is None or mttr is None else mtbf + mttr
    availability = mtbf / whole if mtbf is not None and whole > 0 else None
    return Figures(mtbf, mttr, mtta, availability)
