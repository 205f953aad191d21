"""Chooses a method by how it would have done, and says how far it may be off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from gateway.errors import InvalidRequestError
from gateway.production.demand.methods import METHODS, Series, seasonal_naive
from gateway.production.lifecycle import FORECAST, ForecastState, moved
from gateway.production.model import ForecastRun, Override

MIN_POINTS: Final = 8
_ORIGINS: Final = 12
_NAIVE: Final = "seasonal naive"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class BackTest:
    """One method over many past origins; `errors` are actual minus forecast, `bias` forecast minus actual a period.

    `mase` is the mean absolute error over that of seasonal naive within the training part.
    """

    method: str
    mase: float
    bias: float
    errors: Series


def back_test(history: Series, *, ahead: int, season: int) -> tuple[BackTest, ...]:
    """Return every method's errors over rolling origins, in the order of `METHODS`."""
    count = len(history)
    first = max(MIN_POINTS // 2, min(count - 1, season + 1), count - _ORIGINS)
    origins = range(first, count)
    scale = _scale(history[:first], season)
    results = []
    for name, method in METHODS.items():
        parts = []
        for origin in origins:
            actual = history[origin : origin + ahead]
            forecast = np.maximum(method(history[:origin], ahead, season), 0.0)
            parts.append(actual - forecast[: len(actual)])
        errors = np.concatenate(parts)
        absolute = float(np.abs(errors).mean())
        mase = absolute / scale if scale else (0.0 if absolute == 0 else float("inf"))
        results.append(BackTest(method=name, mase=mase, bias=-float(errors.mean()), errors=errors))
    return tuple(results)


def _scale(training: Series, season: int) -> float:
    lag = season if len(training) > season else 1
    return float(np.abs(training[lag:] - training[:-lag]).mean()) if len(training) > lag else 0.0


def forecast(
    product: str, history: Mapping[date, float], *, ahead: int, season: int = 52
) -> ForecastRun:
    """Return the expected demand of the `ahead` weeks that follow a history by Mondays; missing weeks had none.

    Fewer than eight weeks are repeated and marked weak. Raises `InvalidRequestError`.
    """
    if not history or ahead < 1 or season < 1:
        raise InvalidRequestError(f"{product}: want a week of history, weeks ahead and a season")
    series, last = weekly(history)
    weeks = tuple(last + timedelta(weeks=1 + step) for step in range(ahead))
    if len(series) < MIN_POINTS:
        point = seasonal_naive(series, ahead, season)
        return ForecastRun(
            product=product, weeks=weeks, method=_NAIVE, point=_rounded(point),
            p50=_rounded(point), p80=_rounded(point), mase=None, bias=None, weak=True,
        )  # fmt: skip
    best = min(back_test(series, ahead=ahead, season=season), key=lambda each: each.mase)
    point = np.maximum(METHODS[best.method](series, ahead, season), 0.0)
    low, high = np.quantile(best.errors, (0.5, 0.8))
    return ForecastRun(
        product=product,
        weeks=weeks,
        method=best.method,
        point=_rounded(point),
        p50=_rounded(np.maximum(point + low, 0.0)),
        p80=_rounded(np.maximum(point + high, 0.0)),
        mase=best.mase if np.isfinite(best.mase) else None,
        bias=best.bias,
        weak=False,
    )


def weekly(history: Mapping[date, float]) -> tuple[Series, date]:
    """Return sums by ISO week from the first to the last, and the last Monday."""
    sums: dict[date, float] = {}
    for day, qty in history.items():
        monday = day - timedelta(days=day.weekday())
        sums[monday] = sums.get(monday, 0.0) + qty
    first, last = min(sums), max(sums)
    count = (last - first).days // 7 + 1
    series = [sums.get(first + timedelta(weeks=at), 0.0) for at in range(count)]
    return np.array(series, np.float64), last


def overridden(run: ForecastRun, overrides: Sequence[Override]) -> ForecastRun:
    """Return the next version with people's numbers beside the forecast's; raises `InvalidRequestError`."""
    for each in overrides:
        if each.week not in run.weeks:
            raise InvalidRequestError(f"{run.product}: {each.week} is no week of this forecast")
        if not each.reason.strip():
            raise InvalidRequestError(f"{run.product}: the override of {each.week} needs a reason")
        if not 0 <= each.qty < float("inf"):
            raise InvalidRequestError(f"{run.product}: {each.qty} is no quantity")
    kept = {each.week: each for each in (*run.overrides, *overrides)}
    return replace(
        run, overrides=tuple(kept[week] for week in sorted(kept)), version=run.version + 1,
        state=ForecastState.DRAFT,
    )  # fmt: skip


def accepted(run: ForecastRun) -> ForecastRun:
    """Return the forecast as one that counts as demand; raises `ConflictError`."""
    what = f"forecast of {run.product}"
    state = moved(FORECAST, what=what, now=run.state, to=ForecastState.ACCEPTED)
    return replace(run, state=state)


def expected(run: ForecastRun) -> dict[date, float]:
    """Return what counts by week: a person's number where there is one, else the forecast's middle."""
    return dict(zip(run.weeks, run.p50, strict=True)) | {
        each.week: each.qty for each in run.overrides
    }


def demand_by_week(orders: Mapping[date, float], run: ForecastRun | None) -> dict[date, float]:
    """Return the greater of orders and an accepted forecast for each week, by Mondays."""
    sums: dict[date, float] = {}
    for due, qty in orders.items():
        monday = due - timedelta(days=due.weekday())
        sums[monday] = sums.get(monday, 0.0) + qty
    if run is not None and run.state is ForecastState.ACCEPTED:
        for week, qty in expected(run).items():
            sums[week] = max(sums.get(week, 0.0), qty)
    return sums


def _rounded(values: Series) -> tuple[float, ...]:
    return tuple(round(each, 6) for each in values.tolist())
