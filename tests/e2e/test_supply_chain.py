"""What the product is made of is told in full, and a package is the same whoever builds it where."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.product import ROOT
from web.build_ui import WEB, install

LEFT_OUT = (
    ".git", ".venv", "node_modules", "static", "build", "dist", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".hypothesis", "__pycache__", "tests", "*.tsbuildinfo",
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("sbom")
    done = subprocess.run(
        [sys.executable, str(ROOT / "deploy" / "supply_chain.py"), "sbom", str(folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_every_locked_package_is_in_the_sbom_with_version_hash_and_licence(made: Path) -> None:
    bom: dict[str, Any] = json.loads((made / "taktline.cdx.json").read_text())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
    held = {(each.get("group", ""), each["name"]): each for each in bom["components"]}
    lock = (ROOT / "requirements" / "runtime.lock").read_text()
    locked = dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", lock, re.MULTILINE))
    assert len(locked) > 50
    assert {name: held[("", name)]["version"] for name in locked} == locked
    signals = held[("@preact", "signals")]
    page = json.loads((ROOT / "web" / "ui" / "package-lock.json").read_text())["packages"]
    digest = page["node_modules/@preact/signals"]["integrity"].partition("-")[2]
    assert signals["hashes"] == [{"alg": "SHA-512", "content": base64.b64decode(digest).hex()}]
    assert signals["purl"].startswith("pkg:npm/%40preact/signals@")
    assert ("", "vite") not in held, "what only builds the page is not in the product"


def test_the_licences_are_listed(made: Path) -> None:
    lines = (made / "licences.md").read_text().splitlines()
    table = {line.split(" | ")[0].strip("| "): line for line in lines[2:]}
    assert "Apache" in table["duckdb"] or "MIT" in table["duckdb"]
    assert "MIT" in table["preact"]
    unstated = [name for name, line in table.items() if "not stated" in line]
    assert len(unstated) < len(table) / 4, unstated


def test_two_builds_of_the_same_sources_are_equal(tmp_path: Path) -> None:
    install(WEB / "ui")
    sums = []
    for n, stamp in enumerate((1_000_000_000, 1_700_000_000)):
        copy = tmp_path / f"somewhere-{n}" / "taktline"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
        (copy / "web" / "ui" / "node_modules").symlink_to(ROOT / "web" / "ui" / "node_modules")
        for path in copy.rglob("*"):
            os.utime(path, (stamp, stamp), follow_symlinks=False)
        done = subprocess.run(
            [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / str(n)), str(copy)],
            capture_output=True, text=True, check=False, env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600"},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        (wheel,) = (tmp_path / str(n)).glob("*.whl")
        sums.append(hashlib.sha256(wheel.read_bytes()).hexdigest())
    assert sums[0] == sums[1]
