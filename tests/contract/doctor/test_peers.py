"""The doctor asks real peers, says what is wrong with them in a sentence, and leaves nothing behind."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from asyncua import ua
from typer.testing import CliRunner

from gateway.cli import app
from gateway.clock import SystemClock
from gateway.commands.doctor import examine, peers
from gateway.commands.doctor.finding import Finding, Grade
from gateway.historian.options import InfluxOptions
from gateway.stream.lock import DirectoryLock
from tests.peers.influx import Influx
from tests.peers.influx_fake import Answer, FakeInflux
from tests.peers.mosquitto import Mosquitto
from tests.peers.opcua_asyncua import UaServer
from tests.peers.process import free_port
from tests.peers.victoria import Victoria

DBRP = Answer(404, b'{"code":"not found","message":"database not found: \\"plant\\""}')


def configured(tmp_path: Path, **changes: Any) -> Path:
    file = tmp_path / "taktline.yaml"
    raw = {
        "data_dir": str(tmp_path / "data"),
        "web": {"port": free_port(), "sign_in": "off"},
        "journal": {"max_bytes": 10_000_000},
        "historian": {"kind": "embedded", "retention_bytes": 10_000_000},
        **changes,
    }
    file.write_text(yaml.safe_dump(raw), "utf-8")
    return file


async def examined(file: Path, subject: str = "") -> list[Finding]:
    return [each async for each in examine.examine(file) if each.subject.startswith(subject)]


def opcua(port: int, *names: str) -> dict[str, Any]:
    return {
        "type": "opcua",
        "endpoint": f"opc.tcp://127.0.0.1:{port}/",
        "security": "none",
        "machine": "a/b/c/d",
        "namespaces": {"press": "urn:test:press"},
        "nodes": [{"node": f"press:s={name}", "signal": name} for name in names],
    }


def mqtt(port: int, **extra: Any) -> dict[str, Any]:
    mapping = {"topic": "room/{r}", "format": "value", "signals": [{"signal": "s/a/l/{r}/v"}]}
    return {"type": "mqtt", "host": "127.0.0.1", "port": port, "mappings": [mapping], **extra}


async def test_an_opcua_server_is_asked_for_its_nodes(tmp_path: Path) -> None:
    async with UaServer(free_port()) as server:
        await server.add("speed", 1.0, ua.VariantType.Double)
        port = int(server.endpoint.rstrip("/").rpartition(":")[2])
        file = configured(tmp_path, connectors={"press": opcua(port, "speed", "absent")})
        found = await examined(file, "connector press")
    assert (found[0].grade, found[-1].grade) == (Grade.GOOD, Grade.IN_THE_WAY)
    assert "BadNodeIdUnknown" in found[-1].says
    assert not (tmp_path / "data").exists()


async def test_an_absent_machine_is_in_the_way(tmp_path: Path) -> None:
    file = configured(tmp_path, connectors={"press": opcua(free_port(), "speed")})
    [found] = await examined(file, "connector press")
    assert found.grade is Grade.IN_THE_WAY
    assert "refused" in found.says
    assert "firewall" in found.do


@pytest.mark.peer
async def test_a_broker_that_keeps_sessions_is_good_and_one_that_does_not_is_told(
    tmp_path: Path,
) -> None:
    (tmp_path / "broker").mkdir()
    with Mosquitto(tmp_path / "broker") as broker:
        kept = configured(tmp_path, connectors={"b": mqtt(broker.port, client_id="doctor-kept")})
        assert {each.grade for each in await examined(kept, "connector")} == {Grade.GOOD}
        lost = configured(
            tmp_path,
            connectors={"b": mqtt(broker.port, client_id="doctor-lost", session_expiry_s=0)},
        )
        found = await examined(lost, "connector")
    assert found[-1].grade is Grade.IN_THE_WAY
    assert "does not keep our session" in found[-1].says


async def test_while_the_gateway_runs_its_machines_are_left_alone(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as page:
        port = page.getsockname()[1]
        file = configured(
            tmp_path,
            web={"port": port, "sign_in": "off"},
            connectors={"press": opcua(free_port(), "speed")},
        )
        with DirectoryLock(tmp_path / "data"):
            found = {each.subject: each for each in await examined(file)}
    assert found["connectors"].grade is Grade.GOOD
    assert "connector press" not in found
    assert f"answers at 127.0.0.1:{port}" in found["page"].says


async def test_a_port_that_is_taken_is_in_the_way(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        web = {"port": other.getsockname()[1], "sign_in": "off"}
        [found] = await examined(configured(tmp_path, web=web), "page")
    assert found.grade is Grade.IN_THE_WAY
    assert "in use" in found.says


def influx(url: str, version: str = "1") -> InfluxOptions:
    raw = {"kind": "influx", "url": url, "bucket": "plant", "version": version}
    return InfluxOptions.model_validate(raw | ({"token": "t"} if version == "2" else {}))


@pytest.mark.peer
async def test_a_historian_is_asked_what_a_page_would_ask(tmp_path: Path) -> None:
    with Influx.start(tmp_path) as server:
        absent = await peers.historian(influx(server.url), SystemClock())
        server.query("CREATE DATABASE plant")
        there = await peers.historian(influx(server.url), SystemClock())
    away = await peers.historian(influx(server.url), SystemClock())
    assert [each.grade for each in (absent, there, away)] == [
        Grade.IN_THE_WAY,
        Grade.GOOD,
        Grade.IN_THE_WAY,
    ]
    assert "database not found" in absent.says
    assert "journal" in away.do


@pytest.mark.peer
async def test_a_server_that_only_takes_writes_is_told(tmp_path: Path) -> None:
    with Victoria.start(tmp_path) as server:
        found = await peers.historian(influx(server.url, "2"), SystemClock())
    assert found.grade is Grade.IN_THE_WAY
    assert "InfluxQL" in found.says


async def test_a_bucket_without_a_mapping_is_told_with_the_command() -> None:
    rule: Callable[[bytes], Answer] = lambda _: DBRP  # noqa: E731 - a rule is a function
    with FakeInflux(rule) as server:
        found = await peers.historian(influx(server.url, "2"), SystemClock())
    assert found.grade is Grade.IN_THE_WAY
    assert "influx v1 dbrp create --db plant" in found.do


async def test_a_store_is_looked_at_and_not_made(tmp_path: Path) -> None:
    file = configured(tmp_path)
    [found] = await examined(file, "store")
    assert found.grade is Grade.GOOD
    assert "the first start makes it" in found.says
    port = free_port()
    away = configured(
        tmp_path,
        store={"url": f"postgresql://gw@127.0.0.1:{port}/plant", "password": "canary-secret"},
    )
    [found] = await examined(away, "store")
    assert found.grade is Grade.IN_THE_WAY
    assert "canary-secret" not in found.says
    assert not (tmp_path / "data").exists()


async def test_what_was_put_aside_is_told(tmp_path: Path) -> None:
    aside = tmp_path / "data" / "history" / "quarantine"
    aside.mkdir(parents=True)
    (aside / "samples-000001.duckdb.1").write_bytes(b"x")
    [found] = await examined(configured(tmp_path), "data")
    assert found.grade is Grade.WORTH_A_LOOK


def test_the_command_says_each_finding_and_ends_with_1_where_one_is_in_the_way(
    tmp_path: Path,
) -> None:
    good = CliRunner().invoke(app, ["doctor", "--config", str(configured(tmp_path))])
    assert good.exit_code == 0, good.output
    assert re.search(r"^ok +store: ", good.output, re.MULTILINE)
    machine = {"press": opcua(free_port(), "speed")}
    file = configured(tmp_path, connectors=machine)
    wrong = CliRunner().invoke(app, ["doctor", "--config", str(file)])
    assert wrong.exit_code == 1
    assert re.search(r"^BAD +connector press: .*\n +→ ", wrong.output, re.MULTILINE)
