"""Secrets that every part of the product was given, and that nothing of what it says or keeps may hold."""

from __future__ import annotations

import base64
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.product import ROOT, Gateway
from tests.fault.product.parts import QUICK, connector, load_mqtt, load_opcua, stage
from tests.peers.mosquitto import Mosquitto
from tests.peers.process import free_port

pytestmark = [pytest.mark.peer, pytest.mark.fault]
PARTS = ("mqtt", "opcua", "influx", "provider", "webhook")


@pytest.fixture
def canaries() -> dict[str, str]:
    return {name: f"canary-{name}-{secrets.token_hex(16)}" for name in PARTS}


@pytest.fixture
def product(tmp_path: Path, canaries: dict[str, str]) -> Iterator[Gateway]:
    """A gateway whose every peer refuses it or is away, so that everything that can complain does."""
    (tmp_path / "broker").mkdir()
    (tmp_path / "secrets").mkdir()
    file = tmp_path / "secrets" / "opcua"
    file.write_text(canaries["opcua"])
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "provider").write_text(canaries["provider"])
    with Mosquitto(tmp_path / "broker", users={"gw": "another password"}) as broker:
        opcua = load_opcua(f"opc.tcp://127.0.0.1:{free_port()}/", "Load0", signals=1)
        config = {
            **QUICK,
            "log": {"level": "debug"},
            "connectors": {
                "broker": load_mqtt(broker.port, username="gw", password="${CANARY_MQTT}"),
                "press": {
                    **opcua,
                    "username": "gw",
                    "password": "OPCUA",
                    "plain_password": "accept",
                },
            },
            "historian": {
                "kind": "influx",
                "url": f"http://127.0.0.1:{free_port()}",
                "org": "works",
                "bucket": "plant",
                "token": "${CANARY_INFLUX}",
            },
            "access": {
                "oidc": {
                    "issuer": f"https://127.0.0.1:{free_port()}",
                    "client_id": "gw",
                    "client_secret": "PROVIDER",
                    "roles": {"a": ["viewer"]},
                }
            },
            "notify": {
                "allowed_hosts": ["mes.plant.example"],
                "channels": {
                    "mes": {
                        "type": "webhook",
                        "url": "https://mes.plant.example/taktline",
                        "secret": "${CANARY_WEBHOOK}",
                    }
                },
            },
        }
        environment = {
            "CANARY_MQTT": canaries["mqtt"],
            "CANARY_INFLUX": canaries["influx"],
            "CANARY_WEBHOOK": canaries["webhook"],
            "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials"),
        }
        made = Gateway(tmp_path / "gateway", config, env=environment)
        text = made.file.read_text("utf-8").replace("password: OPCUA", f"password: !file {file}")
        text = text.replace("client_secret: PROVIDER", "client_secret: !credential provider")
        text = text.replace("web:\n", f"web:\n  public_url: http://localhost:{made.port}\n")
        made.file.write_text(text, "utf-8")
        try:
            yield made.start()
        finally:
            made.close()


def run(product: Gateway, *arguments: str) -> str:
    """Return all that a command says, its traceback included."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway", *arguments, "--config", str(product.file)],
        capture_output=True, text=True, timeout=120, cwd=ROOT, check=False, env=product.env,
    )  # fmt: skip
    return done.stdout + done.stderr


def answers(product: Gateway) -> Iterator[tuple[str, bytes]]:
    """Yield every document that can be asked for without knowing more."""
    paths = product.http.get("/api/v1/openapi.json").json()["paths"]
    plain = [path for path, verbs in paths.items() if "get" in verbs and "{" not in path]
    assert len(plain) > 15
    for path in [
        *plain,
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/connectors/broker",
        "/nothing",
    ]:
        yield path, product.http.get(path).content


def holds(text: bytes, canary: str) -> bool:
    forms = (
        canary.encode(),
        base64.b64encode(canary.encode()).rstrip(b"="),
        canary.encode().hex().encode(),
    )
    return any(form in text for form in forms)


@pytest.mark.timeout(600)
def test_no_secret_is_in_anything_that_is_said_or_kept(
    product: Gateway, canaries: dict[str, str], tmp_path: Path
) -> None:
    product.until(lambda: connector(product, "broker")["state"] == "refused", what="refused")
    product.until(lambda: connector(product, "press")["last_error"], what="an error")
    product.until(lambda: stage(product, "historian")["kind"], what="the historian's state")
    said = dict(answers(product))
    link = run(product, "user", "add", "anna", "--role", "viewer")
    secret = re.search(r"tkl_[\w-]+", link)
    assert secret is not None
    assert product.stop() == 0
    raw = yaml.safe_load(
        product.file.read_text("utf-8").replace("!file ", "").replace("!credential ", "")
    )
    broken = product.folder / "broken.yaml"
    raw["connectors"]["broker"] |= {"nonsense": 1, "password": canaries["mqtt"], "port": "x"}
    broken.write_text(yaml.safe_dump(raw), "utf-8")
    said["check"] = subprocess.run(
        [sys.executable, "-m", "gateway", "check", str(broken)],
        capture_output=True, cwd=ROOT, check=False, env=product.env,
    ).stderr  # fmt: skip
    assert b"nonsense" in said["check"]
    for words in (
        ("doctor",),
        ("verify-audit",),
        ("backup", str(tmp_path / "b.tar")),
    ):
        said[words[0]] = run(product, *words).encode()
    kept = {
        str(path): path.read_bytes()
        for folder in (product.folder / "data", tmp_path / "b.tar")
        for path in ([folder] if folder.is_file() else folder.rglob("*"))
        if path.is_file()
    }
    kept["log"] = product.log.read_bytes()
    assert len(kept) > 4
    assert b"broker" in kept["log"]
    everything = said | kept
    for name, canary in canaries.items():
        assert [where for where, text in everything.items() if holds(text, canary)] == [], name
    # The link's secret is said once, to who asked for it, and kept as a digest only.
    assert [where for where, text in everything.items() if holds(text, secret.group(0))] == []
    assert holds(link.encode(), secret.group(0)), (
        "a search that finds nothing anywhere proves nothing"
    )
    assert (tmp_path / "b.tar").stat().st_mode & 0o077 == 0
