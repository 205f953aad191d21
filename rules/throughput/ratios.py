"""The KPI family of ISO 22400-2, from sums, on read only: what lacks its part is None, nothing is capped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rules.throughput.sums import CLASSES, Field, Vector

_NS = 1e9


class MinorStops(StrEnum):
    """Where minor stops are booked; every result says which."""

    ISO = "iso"
    """Delay (ADET): they lower availability."""
    SIX_LOSSES = "six_losses"
    """Run time: they lower effectiveness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elements:
    """Time elements in seconds and quantities of ISO 22400-2.

    `pbt` is planned busy time as far as it was seen, `pot` the scheduled time, `unseen` planned busy time without
    data, `calendar` all time. `ideal` is the planned run time of `pq`, `good_ideal` that of `gq`; `aoet` where it
    is known. `scrap_known`: whether scrap is counted at all; `rated`: whether all pieces have a planned run time.
    """

    minor_stops: MinorStops
    calendar: float
    pot: float
    pbt: float
    unseen: float
    apt: float
    asut: float
    adet: float
    adot: float
    minor: float
    adet_internal: float
    adet_external: float
    gq: float
    sq: float
    rq: float
    start_up_sq: float
    ideal: float
    good_ideal: float
    repair: float
    failures: float
    aoet: float | None = None
    scrap_known: bool = True
    rated: bool = True

    @property
    def pq(self) -> float:
        """Produced quantity: good, scrap and rework."""
        return self.gq + self.sq + self.rq


def elements(
    busy: Vector,
    *,
    minor_stops: MinorStops,
    planned_down_s: float = 0.0,
    calendar_s: float | None = None,
    scrap_known: bool = True,
    rated: bool = True,
) -> Elements:
    """Return the elements of sums over planned busy time; calendar time is all scheduled time unless given."""
    s = busy / _NS
    seen_and_not = float(s[:CLASSES].sum())
    internal, external = float(s[Field.ADET_INTERNAL]), float(s[Field.ADET_EXTERNAL])
    minor, unseen = float(s[Field.MINOR]), float(s[Field.UNKNOWN])
    in_run = minor_stops is MinorStops.SIX_LOSSES
    pot = seen_and_not + planned_down_s
    return Elements(
        minor_stops=minor_stops,
        calendar=pot if calendar_s is None else calendar_s,
        pot=pot,
        pbt=seen_and_not - unseen,
        unseen=unseen,
        apt=float(s[Field.APT]) + (minor if in_run else 0.0),
        asut=float(s[Field.ASUT]),
        adet=internal + external + (0.0 if in_run else minor),
        adot=float(s[Field.ADOT]),
        minor=minor,
        adet_internal=internal,
        adet_external=external,
        gq=float(busy[Field.GOOD]),
        sq=float(busy[Field.SCRAP]),
        rq=float(busy[Field.REWORK]),
        start_up_sq=float(busy[Field.START_UP_SCRAP]),
        ideal=float(s[Field.IDEAL]),
        good_ideal=float(s[Field.GOOD_IDEAL]),
        repair=float(s[Field.REPAIR]),
        failures=float(busy[Field.FAILURES]),
        scrap_known=scrap_known,
        rated=rated and not busy[Field.UNRATED] > 0,
    )


KPI_NAMES: Final = (
    "availability", "effectiveness", "quality", "quality_ratio", "oee", "nee", "teep",
    "allocation_efficiency", "utilization_efficiency", "technical_efficiency", "setup_rate",
    "allocation_ratio", "production_process_ratio", "throughput_per_min", "output_per_min",
    "scrap_ratio", "rework_ratio", "mtbf_s", "mttr_s", "inherent_availability", "coverage",
)  # fmt: skip
"""Every KPI that `ratios` names."""


def ratio(over: float | None, under: float | None) -> float | None:
    """Return a quotient, None where there is none."""
    return None if over is None or under is None or under <= 0 else over / under


def product(*factors: float | None) -> float | None:
    """Return a product, None where a factor is missing."""
    made = 1.0
    for factor in factors:
        if factor is None:
            return None
        made *= factor
    return made


def ratios(e: Elements) -> dict[str, float | None]:
    """Return every KPI by name; times in seconds, rates a minute.

    Quality weighs each piece with its planned run time, so that over several products or machines
    OEE = good_ideal/PBT = A * E * Q holds; for one product it is GQ/PQ.
    """
    aubt, aupt = e.apt + e.asut + e.adet, e.apt + e.asut
    availability = ratio(e.apt, e.pbt)
    effectiveness = ratio(e.ideal, e.apt) if e.rated else None
    good_ratio = ratio(e.gq, e.pq) if e.scrap_known else None
    weighed = ratio(e.good_ideal, e.ideal) if e.scrap_known and e.rated else None
    oee = _oee(e, availability, effectiveness, weighed)
    operating = e.apt + e.asut - (e.minor if e.minor_stops is MinorStops.SIX_LOSSES else 0.0)
    return {
        "availability": availability,
        "effectiveness": effectiveness,
        "quality": weighed if weighed is not None else good_ratio,
        "quality_ratio": good_ratio,
        "oee": oee,
        "nee": _oee(e, ratio(aupt, e.pbt), effectiveness, weighed),
        "teep": product(oee, ratio(e.pbt, e.calendar)),
        "allocation_efficiency": ratio(aubt, e.pbt),
        "utilization_efficiency": ratio(e.apt, aubt),
        "technical_efficiency": ratio(e.apt, e.apt + e.adet),
        "setup_rate": ratio(e.asut, aupt),
        "allocation_ratio": ratio(aubt, e.aoet),
        "production_process_ratio": ratio(e.apt, e.aoet),
        "throughput_per_min": ratio(60.0 * e.pq, e.aoet),
        "output_per_min": ratio(60.0 * e.pq, e.pbt),
        "scrap_ratio": ratio(e.sq, e.pq) if e.scrap_known else None,
        "rework_ratio": ratio(e.rq, e.pq),
        "mtbf_s": ratio(operating, e.failures),
        "mttr_s": ratio(e.repair, e.failures),
        "inherent_availability": _inherent(operating, e),
        "coverage": ratio(e.pbt, e.pbt + e.unseen),
    }


def _oee(
    e: Elements, share: float | None, effectiveness: float | None, quality: float | None
) -> float | None:
    """Return the product; planned time in which nothing was made is no reason for None."""
    if share is not None and e.pq == 0 and e.scrap_known and e.rated:
        return 0.0
    return product(share, effectiveness, quality)


def _inherent(operating: float, e: Elements) -> float | None:
    mtbf, mttr = ratio(operating, e.failures), ratio(e.repair, e.failures)
    return None if mtbf is None or mttr is None else ratio(mtbf, mtbf + mttr)


def losses(e: Elements) -> dict[str, float | None]:
    """Return the six big losses in seconds of planned busy time, and two more that they leave out.

    `external` are starved and blocked stops of at least the threshold, `no_order` is ADOT. Breakdown is every
    other such stop. With PBT = productive + the sum, whichever way the switch stands; a negative reduced speed
    says that the planned run time is too long.
    """
    run = e.apt - (e.minor if e.minor_stops is MinorStops.SIX_LOSSES else 0.0)
    rejected = e.ideal - e.good_ideal if e.scrap_known and e.rated else None
    start_up = None if rejected is None else rejected * (ratio(e.start_up_sq, e.sq + e.rq) or 0.0)
    return {
        "breakdown": e.adet_internal,
        "setup": e.asut,
        "small_stops": e.minor,
        "reduced_speed": run - e.ideal if e.rated else None,
        "start_up_rejects": start_up,
        "production_rejects": None if rejected is None or start_up is None else rejected - start_up,
        "external": e.adet_external,
        "no_order": e.adot,
        "productive": e.good_ideal if e.scrap_known and e.rated else None,
    }


def too_fast(e: Elements) -> bool:
    """Tell whether more was made than the planned run time allows: it is wrong, or the counter is."""
    effectiveness = ratio(e.ideal, e.apt)
    return e.rated and effectiveness is not None and effectiveness > 1.0


def takt_s(available_s: float, demand: float) -> float | None:
    """Return the time there is for each piece that is wanted."""
    return ratio(available_s, demand)


def mean_time_to_acknowledge_s(acknowledged_s: list[float]) -> float | None:
    """Return the mean of (acknowledged - raised)."""
    return ratio(sum(acknowledged_s), len(acknowledged_s))
