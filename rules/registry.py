"""Which families of rules there are; a new one is its own module and one line here."""

from __future__ import annotations

from typing import Final

from rules.families import (
    attributes,
    cycle,
    expression,
    limit,
    missing,
    multi,
    rate,
    seasonal,
    spc,
    stops,
)
from rules.families.base import Family
from rules.families.motion import change, duration, extent, spike, stale, stuck

FAMILIES: Final[tuple[Family, ...]] = (
    limit.FAMILY,
    rate.FAMILY,
    missing.FAMILY,
    spc.FAMILY,
    change.FAMILY,
    extent.FAMILY,
    stuck.FAMILY,
    spike.FAMILY,
    duration.FAMILY,
    stale.FAMILY,
    expression.FAMILY,
    attributes.FAMILY,
    multi.FAMILY,
    cycle.FAMILY,
    stops.FAMILY,
    seasonal.FAMILY,
)
