"""The templates of proof: what each needs to know, and what it says of the data so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.clock import NS_PER_S
from gateway.corrective import Template, VerificationState
from gateway.errors import InvalidRequestError
from rules.effect import Change, fewest_to_pass, fisher_less, mean_less, quiet_time
from rules.spc.capability import Measured, Tolerance, capability

ALPHA: Final = 0.05
DAY_S: Final = 86_400.0
ONE_SIDED: Final = 0.90
"""Confidence of a two-sided interval whose lower end is a one-sided 95 % bound."""

RANGES: Final[Mapping[Template, Mapping[str, tuple[float, float]]]] = {
    Template.NO_RECURRENCE: {"events": (1, 1e6), "days": (1e-4, 3650)},
    Template.CAPABILITY: {"target": (0.1, 10), "least": (25, 1e6), "most": (25, 1e6)},
    Template.LOSS: {"least": (3, 1e5), "most": (3, 1e5), "baseline_days": (0.04, 365)},
    Template.DEFECTS: {"bad_before": (1, 1e9), "made_before": (1, 1e9), "planned": (1, 1e9)},
}
"""The numbers each template needs, and between which bounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How a proof stands: `state` watching, met or failed; `part` of 1; a sentence; and the figures behind it."""

    state: VerificationState
    part: float
    text: str
    figures: Mapping[str, object] = field(default_factory=dict)

    def progress(self) -> dict[str, object]:
        """Return it as it is kept and shown."""
        return {"part": round(self.part, 4), "text": self.text, **self.figures}


def checked_settings(template: Template, settings: Mapping[str, object]) -> dict[str, Any]:
    """Return settings that a template can work with; raises `InvalidRequestError`."""
    ranges = RANGES[template]
    kept: dict[str, Any] = {}
    for name, (low, high) in ranges.items():
        value = settings.get(name)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            raise InvalidRequestError(f"{name}: want a number from {low:g} to {high:g}")
        kept[name] = value
    if template is Template.CAPABILITY:
        kept |= _tolerance(settings)
    if "most" in kept and kept["most"] < kept["least"]:
        raise InvalidRequestError("most: want at least as many as least")
    if template is Template.DEFECTS and kept["bad_before"] > kept["made_before"]:
        raise InvalidRequestError("bad_before: want at most made_before")
    unknown = set(settings) - set(kept)
    if unknown:
        raise InvalidRequestError(f"{min(unknown)[:40]!r} is no setting of {template}")
    return kept


def _tolerance(settings: Mapping[str, object]) -> dict[str, float | None]:
    kept: dict[str, float | None] = {}
    for name in ("lower", "upper"):
        value = settings.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise InvalidRequestError(f"{name}: want a specification limit, or nothing")
        kept[name] = value
    lower, upper = kept["lower"], kept["upper"]
    if lower is None and upper is None:
        raise InvalidRequestError("lower, upper: want at least one specification limit")
    if lower is not None and upper is not None and lower >= upper:
        raise InvalidRequestError("lower: want less than upper")
    return kept


def no_recurrence(settings: Mapping[str, Any], *, watched_ns: int, came_again: int) -> Verdict:
    """Nothing for T >= 3/lambda of watched time; one recurrence ends it."""
    need_s = quiet_time(settings["events"], settings["days"] * DAY_S)
    watched_s = watched_ns / NS_PER_S
    figures = {"need_s": need_s, "watched_s": watched_s, "came_again": came_again}
    if came_again:
        text = f"It came again after {_span(watched_s)} of {_span(need_s)}."
        return Verdict(state=VerificationState.FAILED, part=0.0, text=text, figures=figures)
    part = min(1.0, watched_s / need_s)
    if part < 1.0:
        text = f"Nothing came again for {_span(watched_s)} of {_span(need_s)}."
        return Verdict(state=VerificationState.WATCHING, part=part, text=text, figures=figures)
    text = f"Nothing came again for {_span(watched_s)}, three times the mean time between before."
    return Verdict(state=VerificationState.MET, part=1.0, text=text, figures=figures)


def capable(settings: Mapping[str, Any], values: Sequence[float]) -> Verdict:
    """The lower one-sided 95 % bound of Cpk reaches its target."""
    count, least, most = len(values), int(settings["least"]), int(settings["most"])
    figures: dict[str, object] = {"values": count, "least": least, "most": most}
    if count < least:
        text = f"{count} of at least {least} values."
        return Verdict(
            state=VerificationState.WATCHING, part=count / least, text=text, figures=figures
        )
    found = _cpk(settings, values)
    if found is None:
        text = "The values do not vary: a capability cannot be computed from them."
        return Verdict(state=VerificationState.WATCHING, part=0.0, text=text, figures=figures)
    cpk, bound = found
    figures |= {"cpk": cpk, "bound": bound}
    said = f"Cpk {cpk:.2f}, at least {bound:.2f} with 95 %, target {settings['target']:g}"
    if bound >= settings["target"]:
        return Verdict(
            state=VerificationState.MET, part=1.0, text=f"{said}: reached.", figures=figures
        )
    if count >= most:
        text = f"{said}: not reached with {count} values."
        return Verdict(state=VerificationState.FAILED, part=0.0, text=text, figures=figures)
    part = max(0.0, min(0.99, bound / settings["target"]))
    text = f"{said}: {count} of at most {most} values."
    return Verdict(state=VerificationState.WATCHING, part=part, text=text, figures=figures)


def _cpk(settings: Mapping[str, Any], values: Sequence[float]) -> tuple[float, float] | None:
    mean = math.fsum(values) / len(values)
    overall = math.sqrt(math.fsum((x - mean) ** 2 for x in values) / (len(values) - 1))
    if overall <= 0.0:
        return None
    # The spread over all is used for both: a shift between then and now must count against the fix.
    process = Measured(mean=mean, sigma_within=overall, sigma_overall=overall, count=len(values))
    tolerance = Tolerance(lower=settings["lower"], upper=settings["upper"])
    interval = capability(process, tolerance, fired=(), confidence=ONE_SIDED).cpk
    return None if interval is None else (interval.value, interval.low)


def less_loss(
    settings: Mapping[str, Any],
    before: Sequence[tuple[str, float]],
    after: Sequence[tuple[str, float]],
) -> Verdict:
    """The mean loss of an hour lies below the baseline, one-sided, product by product."""
    count, least, most = len(after), int(settings["least"]), int(settings["most"])
    figures: dict[str, object] = {"hours": count, "least": least, "most": most}
    if count < least:
        text = f"{count} of at least {least} hours."
        return Verdict(
            state=VerificationState.WATCHING, part=count / least, text=text, figures=figures
        )
    change = mean_less(before, after)
    if change is None:
        text = "No product was made both before and after: nothing to compare yet."
        return Verdict(state=VerificationState.WATCHING, part=0.0, text=text, figures=figures)
    figures |= _figures(change)
    said = (
        f"Loss {change.before:.1%} before, {change.after:.1%} after at the same products,"
        f" p = {change.p:.3g}"
    )
    if change.p < ALPHA and change.difference < 0:
        return Verdict(state=VerificationState.MET, part=1.0, text=f"{said}.", figures=figures)
    if count >= most:
        text = f"{said}: not below the baseline."
        return Verdict(state=VerificationState.FAILED, part=0.0, text=text, figures=figures)
    text = f"{said}: not enough yet."
    return Verdict(
        state=VerificationState.WATCHING, part=min(0.99, count / most), text=text, figures=figures
    )


def _figures(change: Change) -> dict[str, object]:
    return {
        "before": change.before,
        "after": change.after,
        "difference": change.difference,
        "upper": change.upper,
        "p": change.p,
        "compared": change.compared,
    }


def fewer_defects(settings: Mapping[str, Any], *, bad: int, made: int) -> Verdict:
    """The share of defects is lower than before by Fisher's exact test, one-sided.

    Judged when the fewest that could pass are made without a defect, and when as many as planned are made.
    """
    bad_before, made_before = int(settings["bad_before"]), int(settings["made_before"])
    planned = int(settings["planned"])
    first = fewest_to_pass(bad_before, made_before) or planned
    figures: dict[str, object] = {
        "bad": bad,
        "made": made,
        "bad_before": bad_before,
        "made_before": made_before,
        "first_look": first,
        "planned": planned,
    }
    if made <= 0 or bad > made:
        text = "Nothing was made yet."
        return Verdict(state=VerificationState.WATCHING, part=0.0, text=text, figures=figures)
    p = fisher_less(bad_before, made_before, bad, made)
    figures["p"] = p
    said = f"{bad_before} of {made_before} before, {bad} of {made} after, p = {p:.3g}"
    judged = (bad == 0 and made >= first) or made >= planned
    if judged and p < ALPHA:
        return Verdict(state=VerificationState.MET, part=1.0, text=f"{said}.", figures=figures)
    if made >= planned:
        text = f"{said}: not fewer."
        return Verdict(state=VerificationState.FAILED, part=0.0, text=text, figures=figures)
    part = min(0.99, made / (first if bad == 0 else planned))
    return Verdict(
        state=VerificationState.WATCHING,
        part=part,
        text=f"{said}: not enough yet.",
        figures=figures,
    )


def _span(seconds: float) -> str:
    for unit, size in (("d", DAY_S), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
