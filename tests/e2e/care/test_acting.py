"""What people do about connectors and what they bring, on the whole product with a real broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.product import Gateway
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import Publisher

pytestmark = [pytest.mark.peer, pytest.mark.e2e]

VALUE = "plant/rooms/3/air/temperature"
T_MS = 1_767_225_600_000


class Folder(Gateway):
    """The product on a folder of files, so that mappings can be written into it."""

    def __init__(self, folder: Path, port: int) -> None:
        room = {
            "topic": "plant/room/{room}/temperature",
            "timestamp": {"path": "ts", "format": "epoch_ms"},
            "signals": [{"path": "v", "signal": "plant/rooms/{room}/air/temperature"}],
        }
        broker = {
            "type": "mqtt",
            "host": "127.0.0.1",
            "port": port,
            "client_id": f"care-{folder.name}",
            "listen": ["#"],
            "mappings": [room],
        }
        super().__init__(folder, {"connectors": {"sensors": broker}})
        config = folder / "config"
        config.mkdir()
        self.file = self.file.rename(config / "00-taktline.yaml").parent

    def post(self, path: str, body: dict[str, Any], *, status: int) -> Any:
        """Ask for a change and return the answer's document."""
        answer = self.http.post(f"/api/v1{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def value(self, path: str) -> Any:
        """Return a signal's newest value, or None."""
        now = self.get("/latest")
        return dict(zip(now["signal"], now["value"], strict=True)).get(path)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as started:
        yield started


@pytest.fixture
def product(broker: Mosquitto, tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path, broker.port)
    try:
        made.start()
        made.until(
            lambda: made.get("/connectors/sensors")["state"] == "live", what="the broker is read"
        )
        yield made
    finally:
        made.close()


@pytest.fixture
def publisher(broker: Mosquitto) -> Iterator[Publisher]:
    with Publisher(broker.port) as made:
        yield made


def reading(value: object) -> bytes:
    return json.dumps({"ts": T_MS, "v": value}).encode()


def test_unknown_becomes_a_signal_and_a_dead_letter_its_sample(
    product: Folder, publisher: Publisher
) -> None:
    publisher.send_all([("plant/room/7/co2", b'{"ppm": 612}'), ("plant/room/9/lux", b"80")])
    listed = "/connectors/sensors/unknown"
    product.until(lambda: len(product.get(listed)["items"]) == 2, what="both topics are listed")
    proposal = product.get(f"{listed}/proposal", source="plant/room/7/co2")
    assert yaml.safe_load(proposal["yaml"])["connectors"]["sensors"]["adopted"]
    wish = proposal["wish"]
    wrong = wish | {"values": [wish["values"][0] | {"signal": "nowhere"}]}
    refused = product.post(f"{listed}/adopt", wrong, status=422)
    assert "2 levels" in refused["detail"] or "1 levels" in refused["detail"]
    assert not list(product.file.glob("90-*"))
    told = product.post(f"{listed}/adopt", wish, status=201)
    assert (product.file / told["file"]).is_file()
    assert "replaced: sensors" in told["told"]
    product.post(f"{listed}/adopt", wish, status=409)

    def heard() -> bool:
        publisher.send_all([("plant/room/7/co2", b'{"ppm": 613}')])
        return product.value(wish["values"][0]["signal"]) == 613.0

    product.until(heard, what="the adopted topic gives samples")
    product.post(f"{listed}/ignore", {"source": "plant/room/9/lux", "reason": "x"}, status=204)

    publisher.send_all([("plant/room/3/temperature", reading("warm"))])
    letters = product.until(lambda: product.get("/dead-letters")["items"], what="a dead letter")
    assert product.http.get(f"/api/v1/dead-letters/{letters[0]['id']}/payload").content == reading(
        "warm"
    )
    still = product.post("/dead-letters/retry", {"ids": [letters[0]["id"]]}, status=200)
    assert "still unusable" in still["items"][0]["reason"]
    file = product.file / "00-taktline.yaml"
    changed = yaml.safe_load(file.read_text())
    signal = changed["connectors"]["sensors"]["mappings"][0]["signals"][0]
    signal |= {"data_type": "string", "signal": "plant/rooms/{room}/air/said"}
    file.write_text(yaml.safe_dump(changed))
    assert product.peer is not None
    product.peer.process.send_signal(1)

    def taken() -> Any:
        answer = product.post("/dead-letters/retry", {"ids": [letters[0]["id"]]}, status=200)
        return answer["items"][0]["rows"] == 1

    product.until(taken, what="today's mapping reads the letter")
    row = product.until(
        lambda: product.get("/history/rows", signal="plant/rooms/3/air/said", **{"from": 0})[
            "side"
        ],
        what="the sample is stored",
    )
    assert list(row.values()) == ["warm"]
    waiting = product.get("/dead-letters", show="waiting")
    assert (waiting["items"], waiting["waiting"], waiting["total"]) == ([], 0, 1)


def test_a_connector_is_switched_off_and_on_and_its_gap_says_who(
    product: Folder, publisher: Publisher
) -> None:
    publisher.send_all([("plant/room/3/temperature", reading(21.5))])
    product.until(lambda: product.value(VALUE) == 21.5, what="a sample")
    product.post("/connectors/sensors/disable", {"reason": "moved"}, status=200)
    product.post("/connectors/sensors/disable", {"reason": "again"}, status=409)
    now = product.get("/connectors/sensors")
    assert (now["state"], now["off"]) == ("stopped", "by local: moved")
    assert "switched off" in " ".join(product.get("/health")["problems"])
    gap = product.get("/gaps", signal=VALUE, **{"from": 0})["items"][0]
    assert (gap["state"], gap["cause"]) == ("open", "switched off by local: moved")
    noted = product.post(f"/gaps/{gap['id']}/note", {"reason": "planned"}, status=200)
    assert noted["remark"]["reason"] == "planned"
    found = product.http.get("/api/v1/gaps/export", params={"from": 0, "cause": "switched"}).text
    assert "planned" in found.splitlines()[1]
    product.post("/connectors/sensors/enable", {}, status=200)
    product.until(lambda: product.get("/connectors/sensors")["state"] == "live", what="it is on")
    product.post("/connectors/sensors/restart", {}, status=200)
    product.until(lambda: product.get("/connectors/sensors")["state"] == "live", what="anew")
    product.post("/connectors/nothing/restart", {}, status=404)
