"""Binds rules to the signals there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.families.base import Block, Family, Instance, Signals
from rules.registry import FAMILIES
from rules.routing import build
from rules.spec import SignalInfo, Spec, SpecError


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rules bound to signals: the instances by family, and why a rule could not be bound, by its id."""

    blocks: Mapping[str, tuple[Family, Block]]
    errors: Mapping[str, str]


def compile(specs: Sequence[Spec], signals: Sequence[SignalInfo]) -> Table:  # noqa: A001 - the field's word
    """Bind every rule; one that cannot be bound is left out alone, with its error.

    A signal's index is its position in `signals`. A rule whose globs match nothing yet is no error.
    """
    known = Signals(
        [signal.path for signal in signals],
        [signal.numeric for signal in signals],
        [signal.counter_bits or 0 for signal in signals],
    )
    found: dict[str, list[Instance]] = {family.name: [] for family in FAMILIES}
    errors: dict[str, str] = {}
    taken: set[str] = set()
    for spec in specs:
        try:
            family = _family(spec, taken)
            found[family.name] += family.bind(spec, known)
        except SpecError as error:
            errors[spec.id] = str(error)
        taken.add(spec.id)
    blocks = {family.name: (family, _block(family, found[family.name])) for family in FAMILIES}
    return Table(MappingProxyType(blocks), MappingProxyType(errors))


def _family(spec: Spec, taken: set[str]) -> Family:
    if spec.id in taken:
        raise SpecError(f"another rule has the id {spec.id!r} already")
    for family in FAMILIES:
        if isinstance(spec, family.spec):
            return family
    raise SpecError(f"no family of rules runs a {type(spec).__name__}")


def _column(values: Sequence[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return a parameter of all instances; one of several numbers is a row an instance."""
    return np.array(values, dtype.base).reshape(len(values), *dtype.shape)


def _block(family: Family, instances: Sequence[Instance]) -> Block:
    params = {
        name: _column([instance.params[name] for instance in instances], np.dtype(dtype))
        for name, dtype in family.params.items()
    }
    links = [
        (signal, number, role)
        for number, instance in enumerate(instances)
        for signal, role in instance.links
    ]
    shared = {instance.shared: None for instance in instances}
    place = {thing: number for number, thing in enumerate(shared)}
    which = np.array([place[instance.shared] for instance in instances], np.intp)
    keys = tuple(instance.key for instance in instances)
    return Block(keys, params, build(links), tuple(shared), which)
