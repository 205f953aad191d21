"""The provisioned Grafana: read as text, held to what gateway and historian really offer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

from gateway.historian.options import InfluxOptions
from gateway.historian.wire.line import TAGS
from gateway.metrics import Metrics
from tests.peers.web_demo_health import demo_health
from tests.peers.web_services import MemoryHealth

DEPLOY = Path(__file__).parents[3] / "deploy"
COMPOSE = yaml.safe_load((DEPLOY.parent / "docker-compose.yml").read_text())
SOURCES = yaml.safe_load((DEPLOY / "grafana" / "datasources" / "taktline.yaml").read_text())
BOARD = json.loads((DEPLOY / "grafana" / "dashboards" / "taktline.json").read_text())
BY_UID = {each["uid"]: each for each in SOURCES["datasources"]}


def targets(kind: str) -> list[dict[str, Any]]:
    return [
        target
        for panel in BOARD["panels"]
        for target in panel["targets"]
        if BY_UID[target["datasource"]["uid"]]["type"] == kind
    ]


def test_every_panel_reads_from_a_source_that_is_provisioned_and_says_what_it_shows() -> None:
    assert {each["type"] for each in BY_UID.values()} == {"influxdb", "prometheus"}
    seen: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        assert panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"]
        source = panel["datasource"]
        assert BY_UID[source["uid"]]["type"] == source["type"]
        assert all(each["datasource"] == source for each in panel["targets"])
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert at["x"] + at["w"] <= 24
        assert not cells & seen, panel["title"]
        seen |= cells
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_its_prometheus_queries_name_metrics_and_labels_that_the_gateway_has() -> None:
    text = Metrics(MemoryHealth(demo_health(5, 0, 10**9))).render()[0].decode()
    offered = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line[:1] != "#"}
    labels = set(re.findall(r'[{,](\w+)="', text))
    # The demo's journal tells no figures of its own; the real one tells these.
    offered |= {"taktline_journal_bytes", "taktline_journal_bytes_limit"}
    asked = targets("prometheus")
    assert len(asked) >= 6
    for target in asked:
        assert set(re.findall(r"taktline_\w+", target["expr"])) <= offered, target["expr"]
        assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels
        assert set(re.findall(r"[{,](\w+)=", target["expr"])) <= labels


def test_its_historian_queries_name_the_measurement_and_tags_that_are_written() -> None:
    measurement = InfluxOptions.model_fields["measurement"].default
    variables = {each["name"]: each for each in BOARD["templating"]["list"]}
    queries = [target["query"] for target in targets("influxdb")]
    queries += [each["query"] for each in variables.values()]
    assert len(queries) >= 3
    for query in queries:
        assert f'FROM "{measurement}"' in query
        names = set(re.findall(r'"(\w+)"', query))
        assert names <= {*TAGS, "value", "high", "low", measurement}, query
        assert set(re.findall(r"\$(\w+)", query)) <= {*variables, "timeFilter", "__interval"}
    database = BY_UID["taktline-historian"]["jsonData"]["dbName"]
    influx = COMPOSE["services"]["influxdb"]["environment"]
    assert database == influx["DOCKER_INFLUXDB_INIT_BUCKET"]


def test_the_profile_mounts_what_is_provisioned_and_nothing_ships_with_a_password() -> None:
    services = COMPOSE["services"]
    for name in ("grafana", "prometheus"):
        assert services[name]["profiles"] == ["grafana"]
    mounted = {each.partition(":")[0] for each in services["grafana"]["volumes"]}
    assert "./deploy/grafana" in mounted
    assert "./deploy/prometheus" in {
        each.partition(":")[0] for each in services["prometheus"]["volumes"]
    }
    environment = services["grafana"]["environment"]
    assert environment["GF_SECURITY_ADMIN_PASSWORD__FILE"] == "/run/secrets/grafana_password"
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    (job,) = scrape["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["static_configs"] == [{"targets": ["gateway:8080"]}]
