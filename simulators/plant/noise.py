"""Noise as machines have it: autocorrelated, seeded, with a known mean and spread."""

from __future__ import annotations

import math

import numpy as np


class Ar1:
    """An AR(1) series of mean 0: x[k] = phi x[k-1] + sqrt(1 - phi²) sd e[k], so its spread is `sd`."""

    def __init__(self, *, rng: np.random.Generator, sd: float, phi: float, size: int = 1) -> None:
        self._rng = rng
        self._phi = phi
        self._gain = sd * math.sqrt(1.0 - phi * phi)
        self._x = rng.standard_normal(size) * sd

    def step(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Move one sample on and return the `size` values."""
        self._x = self._phi * self._x + self._gain * self._rng.standard_normal(self._x.shape[0])
        return self._x

    @property
    def values(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The present values, without moving on."""
        return self._x
