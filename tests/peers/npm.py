"""Peers of other makers from npm, installed once beside their lock files."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

from web.build_ui import node_command


def installed(folder: Path, what: str) -> str:
    """Return node's path once the packages of `folder` are there, or skip with what kept them away.

    Node and npm are those that build the page, from PyPI, so that a machine needs no other.
    """
    npm, beside = node_command()
    # Two workers at once would tear each other's packages apart.
    with (folder / "package.json").open("rb") as one:
        fcntl.flock(one, fcntl.LOCK_EX)
        if not (folder / "node_modules" / ".package-lock.json").exists():
            done = subprocess.run(
                [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=folder, capture_output=True, text=True, timeout=150, check=False,
                env={**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ.get('PATH', '')}"},
            )  # fmt: skip
            if done.returncode:
                pytest.skip(
                    f"{what} cannot be installed: npm ci in {folder.name}: {done.stderr[-200:]}"
                )
    return npm[0]
