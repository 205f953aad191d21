"""Looks for known vulnerabilities in what the product is made of: `python deploy/audit.py`.

Python packages of the lock file by pip-audit (the registry's own reports, then OSV), what is built into the page by
`npm audit`. Exit code 0: examined, nothing is known. 1: something is known. 2: no source of reports answered, so
nothing was examined, which is not the same as nothing being known.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from web.build_ui import node_command  # noqa: E402 - the page's own npm

LOCK: Final = ROOT / "requirements" / "runtime.lock"
PAGE: Final = ROOT / "web" / "ui"
SOURCES: Final = ("pypi", "osv")
_LIMIT_S: Final = 600
_BLOCK: Final = re.compile(r"^[A-Za-z0-9].*?(?=^[A-Za-z0-9]|\Z)", re.MULTILINE | re.DOTALL)


class Outcome(IntEnum):
    """The exit code."""

    NOTHING_KNOWN = 0
    KNOWN = 1
    NOT_EXAMINED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What came of one look: sentences for people, and the worst of it."""

    outcome: Outcome
    lines: tuple[str, ...]


def python_report() -> Report:
    """Examine the locked Python packages by the first source that answers."""
    blocks = _BLOCK.findall(LOCK.read_text("utf-8"))
    refusals = []
    for source in SOURCES:
        # One package first: a source that does not answer lets each of them wait.
        said = _pip_audit(blocks[:1], source)
        if isinstance(said, str):
            refusals.append(f"{source}: {said}")
            continue
        said = _pip_audit(blocks, source)
        if isinstance(said, str):
            refusals.append(f"{source}: {said}")
            continue
        return told_python(said, source)
    lines = (
        f"Python: {len(blocks)} packages NOT EXAMINED, no source of reports answers",
        *refusals,
    )
    return Report(outcome=Outcome.NOT_EXAMINED, lines=lines)


def told_python(found: Sequence[dict[str, Any]], source: str) -> Report:
    """Return what a source says of each package."""
    skipped = [each for each in found if "skip_reason" in each]
    known = [
        f"  {each['name']} {each['version']}: {one['id']}"
        f" (fixed in {', '.join(one['fix_versions']) or 'no version yet'})"
        for each in found
        for one in each.get("vulns", ())
    ]
    lines = [f"Python: {len(found) - len(skipped)} packages examined by {source}", *known]
    lines += [f"  NOT EXAMINED: {each['name']}: {each['skip_reason']}" for each in skipped]
    outcome = Outcome.NOTHING_KNOWN
    if skipped:
        outcome = Outcome.NOT_EXAMINED
    if known:
        outcome = Outcome.KNOWN
    return Report(outcome=outcome, lines=tuple(lines))


def _pip_audit(blocks: Sequence[str], source: str) -> list[dict[str, Any]] | str:
    """Return what pip-audit found, or why the source told nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(blocks), "utf-8")
        done = _run(
            [sys.executable, "-m", "pip_audit", "-s", source, "--disable-pip", "--require-hashes",
             "--progress-spinner", "off", "-f", "json", "-r", str(file)],
            cwd=Path(folder),
        )  # fmt: skip
    try:
        found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return _last_words(done)
    if found and all("skip_reason" in each for each in found):
        return str(found[0]["skip_reason"])[:300]
    return found


def page_report() -> Report:
    """Examine the npm packages that are built into the page."""
    npm, folder = node_command()
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    done = _run([*npm, "audit", "--omit=dev", "--json"], cwd=PAGE, env={**os.environ, "PATH": path})
    try:
        return told_page(json.loads(done.stdout))
    except (ValueError, KeyError):
        return _page_unexamined(_last_words(done))


def told_page(found: dict[str, Any]) -> Report:
    """Return what npm says; raises `KeyError` where that is no report."""
    if "vulnerabilities" not in found:
        return _page_unexamined(str(found.get("message") or found["error"])[:300])
    known = [
        f"  {name}: {each['severity']} ({each['range']})"
        for name, each in found["vulnerabilities"].items()
    ]
    count = found["metadata"]["dependencies"]["prod"]
    outcome = Outcome.KNOWN if known else Outcome.NOTHING_KNOWN
    return Report(outcome=outcome, lines=(f"Page: {count} packages examined by npm", *known))


def _page_unexamined(said: str) -> Report:
    lines = ("Page: packages NOT EXAMINED, the npm registry gives no reports", f"npm: {said}")
    return Report(outcome=Outcome.NOT_EXAMINED, lines=lines)


def _run(
    command: Sequence[str], *, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, "", f"no answer within {_LIMIT_S} s")


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or ["no answer"])[-1][:300]


def verdict(reports: Sequence[Report]) -> tuple[Outcome, str]:
    """Return the exit code and the last line: what is known counts for more than what was not examined."""
    found = {each.outcome for each in reports}
    if Outcome.KNOWN in found:
        return Outcome.KNOWN, "KNOWN VULNERABILITIES: take the fixed versions, `make lock`, test."
    if Outcome.NOT_EXAMINED in found:
        return Outcome.NOT_EXAMINED, (
            "NOT EXAMINED in whole or in part: run `make audit` where the sources of reports can be reached."
        )
    return Outcome.NOTHING_KNOWN, "Examined; nothing is known."


def main() -> int:
    """Say what was found; return the exit code."""
    reports = [python_report(), page_report()]
    outcome, last = verdict(reports)
    for report in reports:
        sys.stdout.write("\n".join(report.lines) + "\n")
    sys.stdout.write(last + "\n")
    return int(outcome)


if __name__ == "__main__":
    sys.exit(main())
