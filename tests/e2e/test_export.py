"""`taktline export`, from a gateway that runs and from the files of one that does not."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pytest

from simulators.opcua.server import NAMESPACE
from tests.e2e.product import Gateway, gateway, plant, run_cli

pytestmark = pytest.mark.e2e
SIGNAL = "test/a/line1/filler/fill_weight"


def stored(product: Gateway) -> int:
    stages = product.get("/health")["stages"]
    return next((each["rows"] for each in stages if each["name"] == "historian"), 0)


def test_a_range_is_exported_while_the_gateway_runs_and_after_it(tmp_path: Path) -> None:
    quiet = ("--scenario", "quiet", "--port-base", "0", "--mqtt-port", "0")
    with plant(tmp_path / "plant", *quiet) as said:
        node = {"node": "line:s=Filler.FillWeight", "signal": SIGNAL, "unit": "g"}
        filler = {
            "type": "opcua",
            "endpoint": said["opcua"]["filler"],
            "security": "none",
            "namespaces": {"line": NAMESPACE},
            "nodes": [node],
        }
        with gateway(tmp_path / "gateway", {"connectors": {"filler": filler}}) as product:
            product.until(lambda: stored(product) >= 5, what="five rows in history")
            config = ("--config", str(product.file), "--signal", "test/**")
            live = tmp_path / "live.csv"
            done = run_cli("export", str(live), *config)
            assert done.returncode == 0, done.stderr
            with live.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            assert f"{live}: {len(rows)} rows" in done.stdout
            assert len(rows) >= 5
            assert {row["path"] for row in rows} == {SIGNAL}
            assert product.stop() == 0
            later = tmp_path / "later.parquet"
            done = run_cli("export", str(later), *config)
            assert done.returncode == 0, done.stderr
            assert "Exporting" in done.stdout, "the progress bar"
            with duckdb.connect() as db:
                found = db.execute("SELECT count(*) FROM read_parquet(?)", [str(later)]).fetchone()
            assert found is not None
            assert found[0] >= len(rows)
