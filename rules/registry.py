"""Which families of rules there are; a new one is its own module and one line here."""

from __future__ import annotations

from typing import Final

from rules.families import limit, missing, rate, spc
from rules.families.base import Family

FAMILIES: Final[tuple[Family, ...]] = (
    limit.FAMILY,
    rate.FAMILY,
    missing.FAMILY,
    spc.FAMILY,
)
