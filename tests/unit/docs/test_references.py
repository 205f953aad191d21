"""What the documents name is there: a mapping to tests that nobody can follow proves nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"`((?:tests|gateway|connectors|web|rules|simulators|deploy)/[\w./-]+)`")
LINKED = re.compile(r"\]\((?!https?:)([^)#]+)\)")
PAGES = (
    "docs/hardening.md",
    "docs/operations.md",
    "SECURITY.md",
    "README.md",
    "docs/performance.md",
)


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_exists(page: str) -> None:
    path = ROOT / page
    text = path.read_text("utf-8")
    named = [ROOT / each for each in NAMED.findall(text)]
    linked = [path.parent / each for each in LINKED.findall(text)]
    missing = [str(each) for each in named + linked if not each.exists()]
    assert missing == []


def test_every_row_that_is_met_names_a_test() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / "docs/hardening.md").read_text("utf-8").splitlines()
        if re.match(r"\| \d", line)
    ]
    assert len(rows) > 35
    assert {row[2] for row in rows} == {"met", "in part", "not met", "not applicable"}
    without = [row[0] for row in rows if row[2] == "met" and "tests/" not in row[4]]
    assert without == ["5.1"], "segmentation is told by what the product does not do"
