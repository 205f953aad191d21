"""The wheel that `pip install .` makes: page, samples, scenarios and migrations are in it, sources of the page are not."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.e2e.product import ROOT

NEEDED = (
    "web/static/index.html",
    "web/static/build.json",
    "gateway/config/samples/demo/00-gateway.yaml",
    "connectors/opcua/samples/",
    "connectors/mqtt/samples/",
    "simulators/scenarios/demo.yaml",
    "simulators/plant/packml_edges.csv",
    "gateway/store/migrations/versions/m0001_issues.py",
)


def test_a_package_build_holds_the_page_and_everything_the_demo_needs(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path),
        str(ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert [name for name in NEEDED if not any(each.startswith(name) for each in names)] == []
    assert [name for name in names if name.startswith(("web/ui/", "tests/", "deploy/"))] == []
