"""Charts of several signals at once: T², MEWMA, and principal components with their residual (rules.md §1.2, §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy import special

from rules.columns import Rows
from rules.events import EventKind
from rules.families.base import Arrays, Block, Family, Hits, Instance, Key, Signals
from rules.families.motion.condition import Flags, Floats, Times, numeric
from rules.families.spc_learn import MONITORING
from rules.routing import Index, expand, rounds
from rules.spc.charts.multivariate import Phase, individuals_limit
from rules.spc.multi_spec import MOST_SIGNALS, PART_BITS, Method, MultiSpec, Statistic, check
from rules.spec import SpecError, delay_ns

METHODS: Final = (Method.T2, Method.MEWMA, Method.PCA)
FLAT: Final = 1e-10
"""Part of the largest eigenvalue below which signals are taken to depend on each other entirely."""


class Model(NamedTuple):
    """Quadratic forms of T² and of the residual (p, p), their limits."""

    form: Floats
    rest: Floats
    limit: float
    rest_limit: float


def bind(spec: MultiSpec, signals: Signals) -> Sequence[Instance]:
    """Make one instance a machine: the matched signal and those beside it."""
    check(spec)
    params = {
        "method": METHODS.index(spec.method),
        "slot_ns": delay_ns("point_s", spec.point_s),
        "signals": 1 + len(spec.with_signals),
        "confidence": spec.confidence,
        "weight": spec.weight if spec.method is Method.MEWMA else 1.0,
        "limit": np.nan if spec.limit is None else spec.limit,
        "explained": spec.explained,
        "phase_one": spec.phase_one_points,
        "clear_after": spec.clear_after,
    }
    found: list[Instance] = []
    matched = numeric(spec, signals, what="a chart of several signals")
    for index in matched:
        beside = [signals.companion(index, name) for name in spec.with_signals]
        group = [index, *(one for one in beside if one is not None)]
        if len(group) <= len(spec.with_signals):
            continue
        if len({*group}) < len(group):
            raise SpecError(f"{signals.paths[index]} would be taken twice")
        if not all(signals.numeric[one] for one in group):
            raise SpecError("with_signals names a signal that is not a number")
        links = [(signal, role) for role, signal in enumerate(group)]
        found.append(Instance(Key(spec.id, spec.version, index, ""), params, links))
    if matched and not found:
        raise SpecError(f"no machine it matches has all of {', '.join(spec.with_signals)}")
    return found


def initial(block: Block, now_ns: int) -> Arrays:
    """Begin to estimate."""
    count = len(block.keys)
    s: Arrays = {
        name: np.zeros((count, *np.dtype(kind).shape), np.dtype(kind).base)
        for name, kind in COLUMNS.items()
    }
    s["edge"] = _edge_after(block, np.full(count, now_ns))
    return s


def _edge_after(block: Block, t: Times) -> Times:
    slot: Times = block.params["slot_ns"]
    edge: Times = (t // slot + 1) * slot
    return edge


def step(block: Block, s: Arrays, rows: Rows, now_ns: int) -> tuple[Arrays, list[Hits]]:
    """Take the rows in order, then close the points whose time is over by `now_ns`."""
    hits: list[Hits] = []
    row, instance, role = expand(block.routes, rows.signal)
    with np.errstate(over="ignore", invalid="ignore"):
        for turn in rounds(instance):
            at = row[turn]
            i, t = instance[turn], rows.time_ns[at]
            _close(block, s, i, t, hits)
            usable = rows.usable[at]
            j, part = i[usable], role[turn][usable]
            s["sum"][j, part] += rows.value[at][usable]
            s["count"][j, part] += 1
        everyone = np.arange(len(block.keys))
        _close(block, s, everyone, np.full(len(everyone), now_ns), hits)
    return s, hits


def _close(block: Block, s: Arrays, i: Index, t: Times, hits: list[Hits]) -> None:
    """Finish the points of distinct instances whose time is over by `t`."""
    over = s["edge"][i] <= t
    i, t = i[over], t[over]
    if not len(i):
        return
    used = np.arange(MOST_SIGNALS) < block.params["signals"][i][:, None]
    x = np.where(used, s["sum"][i] / np.maximum(s["count"][i], 1), 0.0)
    whole = ((s["count"][i] > 0) | ~used).all(axis=1) & np.isfinite(x).all(axis=1)
    edge, slot = s["edge"][i], block.params["slot_ns"][i]
    s["sum"][i], s["count"][i] = 0.0, 0
    s["edge"][i] = (t // slot + 1) * slot
    i, x, edge, slot = i[whole], x[whole], edge[whole], slot[whole]
    monitored = s["phase"][i] == MONITORING
    if monitored.any():
        _judge(block, s, i[monitored], x[monitored], edge[monitored], slot[monitored], hits)
    _learn(block, s, i[~monitored], x[~monitored])


def _learn(block: Block, s: Arrays, i: Index, x: Floats) -> None:
    """Add points to mean and covariance, and freeze those with enough."""
    s["points"][i] += 1
    off = x - s["mean"][i]
    s["mean"][i] += off / s["points"][i][:, None]
    s["m2"][i] += off[:, :, None] * (x - s["mean"][i])[:, None, :]
    ready = i[s["points"][i] >= block.params["phase_one"][i]]
    for at in ready.tolist():
        count = int(block.params["signals"][at])
        made = _model(block, at, s["m2"][at][:count, :count] / (s["points"][at] - 1))
        if made is None:
            s["points"][at] = 0
            s["mean"][at] = s["m2"][at] = 0.0
            continue
        s["form"][at][:count, :count], s["rest"][at][:count, :count] = made.form, made.rest
        s["limit"][at], s["rest_limit"][at] = made.limit, made.rest_limit
        s["phase"][at] = MONITORING


def _model(block: Block, at: int, covariance: Floats) -> Model | None:
    """Return the frozen model of an instance, None where its signals do not vary or depend on each other entirely."""
    method = METHODS[int(block.params["method"][at])]
    sd = np.sqrt(np.diagonal(covariance))
    if not (np.isfinite(covariance).all() and (sd > 0.0).all()):
        return None
    scale = 1.0 / sd
    eigen, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
    p, points = len(sd), int(block.params["phase_one"][at])
    confidence = float(block.params["confidence"][at])
    if method is Method.PCA:
        return _components(block, at, eigen, vectors, scale, points)
    if eigen[0] <= FLAT * eigen[-1]:
        return None
    inverse = (vectors / eigen) @ vectors.T * np.outer(scale, scale)
    nothing = np.zeros((p, p))
    if method is Method.MEWMA:
        weight = float(block.params["weight"][at])
        form = inverse * ((2.0 - weight) / weight)
        return Model(form, nothing, float(block.params["limit"][at]), np.inf)
    limit = individuals_limit(p, points, confidence=confidence, phase=Phase.TWO)
    return Model(inverse, nothing, limit, np.inf)


def _components(  # noqa: PLR0917 - the parts of one decomposition
    block: Block, at: int, eigen: Floats, vectors: Floats, scale: Floats, points: int
) -> Model | None:
    """Keep the components that explain enough; the residual's limit is Box's (1954): g chi² with h degrees of freedom."""
    part = np.cumsum(eigen[::-1]) / eigen.sum()
    kept = int(np.searchsorted(part, block.params["explained"][at]) + 1)
    kept = min(kept, len(eigen))
    main, rest = eigen[-kept:], eigen[: len(eigen) - kept]
    if main[0] <= FLAT * main[-1]:
        return None
    confidence = float(block.params["confidence"][at])
    axes = vectors[:, -kept:]
    outer = np.outer(scale, scale)
    form = (axes / main) @ axes.T * outer
    residual = (np.eye(len(eigen)) - axes @ axes.T) * outer
    limit = individuals_limit(kept, points, confidence=confidence, phase=Phase.TWO)
    return Model(form, residual, limit, residual_limit(rest, confidence))


def residual_limit(rest: Floats, confidence: float) -> float:
    """Return the limit of the residual from the eigenvalues left out, infinite where there is nothing left."""
    first, second = float(rest.sum()), float((rest**2).sum())
    if not (first > FLAT and second > 0.0):
        return np.inf

    return second / first * float(special.chdtri(first**2 / second, 1.0 - confidence))


def _judge(  # noqa: PLR0917 - columns of one length
    block: Block, s: Arrays, i: Index, x: Floats, edge: Times, slot: Times, hits: list[Hits]
) -> None:
    weight = block.params["weight"][i][:, None]
    s["average"][i] += weight * (x - s["mean"][i] - s["average"][i])
    off = s["average"][i]
    pulled, left = _product(s["form"][i], off), _product(s["rest"][i], off)
    t2, q = (off * pulled).sum(axis=1), (off * left).sum(axis=1)
    by_t2, by_rest = t2 > s["limit"][i], q > s["rest_limit"][i]
    outside = by_t2 | by_rest
    s["quiet"][i] = np.where(outside, 0, s["quiet"][i] + 1)
    begins = outside & (s["away"][i] == 0)
    s["since"][i[begins]] = (edge - slot)[begins]
    s["away"][i] = outside
    raised = s["raised"][i] == 1
    starts = outside & ~raised
    ends = raised & ~outside & (s["quiet"][i] >= block.params["clear_after"][i])
    new = i[starts]
    s["raised"][new] = 1
    s["serial"][new] += 1
    s["onset"][new] = s["since"][new]
    s["raised"][i[ends]] = 0
    only_rest = by_rest & ~by_t2
    parts = np.where(only_rest[:, None], off * left, _contributions(block, s, i, off, pulled))
    code = by_t2 << int(Statistic.T2) | by_rest << int(Statistic.RESIDUAL)
    code = np.where(outside, code | parts.argmax(axis=1) << PART_BITS, 0).astype(np.int64)
    value, limit = (
        np.where(only_rest, q, t2),
        np.where(only_rest, s["rest_limit"][i], s["limit"][i]),
    )
    for chosen, kind in ((starts, EventKind.RAISED), (ends, EventKind.CLEARED)):
        j = i[chosen]
        if len(j):
            what = (s["onset"][j], value[chosen], limit[chosen], s["serial"][j], code[chosen])
            hits.append(Hits(j, kind, edge[chosen], *what))


def _product(form: Floats, off: Floats) -> Floats:
    made: Floats = np.einsum("nij,nj->ni", form, off)
    return made


def _contributions(block: Block, s: Arrays, i: Index, off: Floats, pulled: Floats) -> Floats:
    """Return each signal's part: by how much T² shrinks without it; of components, its term of the sum."""
    diagonal = np.diagonal(s["form"][i], axis1=1, axis2=2)
    shrinks = np.where(diagonal > 0.0, pulled**2 / np.where(diagonal > 0.0, diagonal, 1.0), 0.0)
    by_pca = block.params["method"][i] == METHODS.index(Method.PCA)
    parts: Floats = np.where(by_pca[:, None], off * pulled, shrinks)
    return parts


def shift(block: Block, s: Arrays, by_ns: int, now_ns: int) -> Arrays:
    """Give up the open point; what was estimated or frozen stays."""
    del by_ns
    fresh = {"sum": np.zeros_like(s["sum"]), "count": np.zeros_like(s["count"])}
    return s | fresh | {"edge": _edge_after(block, np.full(len(block.keys), now_ns))}


def active(s: Arrays) -> Flags:
    """Tell which conditions hold."""
    held: NDArray[np.bool_] = s["raised"] == 1
    return held


_VECTOR: Final = np.dtype((np.float64, (MOST_SIGNALS,)))
_MATRIX: Final = np.dtype((np.float64, (MOST_SIGNALS, MOST_SIGNALS)))
COLUMNS: Final[dict[str, DTypeLike]] = {
    "sum": _VECTOR,
    "count": np.dtype((np.int64, (MOST_SIGNALS,))),
    "edge": np.int64,
    "phase": np.int8,
    "points": np.int64,
    "mean": _VECTOR,
    "m2": _MATRIX,
    "form": _MATRIX,
    "rest": _MATRIX,
    "limit": np.float64,
    "rest_limit": np.float64,
    "average": _VECTOR,
    "away": np.int8,
    "since": np.int64,
    "raised": np.int8,
    "quiet": np.int64,
    "onset": np.int64,
    "serial": np.int64,
}
FAMILY: Final = Family(
    name="multi",
    spec=MultiSpec,
    params={
        "method": np.int8,
        "slot_ns": np.int64,
        "signals": np.int64,
        "confidence": np.float64,
        "weight": np.float64,
        "limit": np.float64,
        "explained": np.float64,
        "phase_one": np.int64,
        "clear_after": np.int64,
    },
    columns=COLUMNS,
    bind=bind,
    initial=initial,
    step=step,
    shift=shift,
    active=active,
)
