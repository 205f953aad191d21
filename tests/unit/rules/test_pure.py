"""`rules/` stays pure: an allow-list of imports, no input or output, nothing asynchronous."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import rules

ROOT = Path(rules.__file__).parent
ALLOWED = {
    "__future__", "collections", "dataclasses", "enum", "functools", "hashlib", "io", "itertools", "json", "math", "re", "statistics", "types", "typing", "zipfile",
    "numpy", "scipy", "rules",
}  # fmt: skip
REFUSED = {"open", "print", "input", "exec", "eval", "__import__", "compile_command"}
REFUSED_ATTRIBUTES = {"random", "fromfile", "tofile", "loadtxt", "savetxt", "memmap"}


def problems(source: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] not in ALLOWED]
        elif isinstance(node, ast.ImportFrom):
            top = (node.module or "").split(".")[0]
            found += [top] if node.level or top not in ALLOWED else []
        elif isinstance(node, ast.Name) and node.id in REFUSED:
            found.append(node.id)
        elif isinstance(node, ast.Attribute) and node.attr in REFUSED_ATTRIBUTES:
            found.append(node.attr)
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith):
            found.append("async")
    return found


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_pure(path: Path) -> None:
    assert problems(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from gateway import model",
        "from . import x",
        "open('f')",
        "print(1)",
        "async def f(): ...",
        "import numpy as np\nnp.random.rand()",
        "import os.path",
        "import logging",
    ],
)
def test_the_fence_sees_a_planted_violation(source: str) -> None:
    assert problems(source)
