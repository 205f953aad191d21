"""Published numbers that control charts must reproduce, and the data sets they come from where those are present."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
NUMBERS = ROOT / "tests" / "unit" / "rules" / "spc" / "oracle"
DATA = ROOT.parent / "shared" / "data"


def numbers(name: str) -> dict[str, Any]:
    """Return what another program computed, by case."""
    found: dict[str, Any] = json.loads((NUMBERS / f"{name}.json").read_text())
    return found


def table(name: str) -> np.ndarray:
    """Return a qcc data set as a matrix, its words TRUE and FALSE as 1 and 0; skips without the folder."""
    lines = _lines(DATA / "qcc" / f"{name}.txt")[1:]
    words = {"TRUE": "1", "FALSE": "0"}
    return np.array([[float(words.get(w, w)) for w in line.split()] for line in lines])


def strd(name: str) -> tuple[np.ndarray, float, float, float]:
    """Return a NIST StRD series with its certified mean, standard deviation and lag-1 autocorrelation."""
    lines = _lines(DATA / "nist_strd" / f"{name}.txt")
    marks = ("Sample Mean", "Sample Standard", "Sample Autocorrelation")
    if lines[0].startswith("#"):
        marks = ("mean ", "standardDeviation ", "autocorrelationCoefficient ")
        start = max(n for n, line in enumerate(lines) if line.startswith("# Data")) + 1
    else:
        start = 60
    found = [next(line for line in lines if line.strip("# ").startswith(mark)) for mark in marks]
    certified = [float(line.replace("=", " ").replace("(exact)", "").split()[-1]) for line in found]
    values = [float(line) for line in lines[start:] if line.strip() and line[0] != "#"]
    return np.array(values), certified[0], certified[1], certified[2]


def ryan() -> np.ndarray:
    """Return Ryan's two signals in subgroups of four, of shape (20, 4, 2)."""
    path = DATA / "oracle" / "qcc27_T2.json"
    _lines(path)
    case = json.loads(path.read_text())["Ryan_T2"]
    return np.stack([case["X1"], case["X2"]], axis=-1).astype(float)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        pytest.skip(f"the data set {path.name} lies outside the project and is not here")
    return [
        line for line in path.read_text().splitlines() if line.strip() or path.parent.name != "qcc"
    ]
