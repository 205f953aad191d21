"""The files of the production shape fit each other: compose, broker, gateway configuration, secrets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import yaml

from gateway.config.schema import load
from gateway.historian.options import InfluxOptions
from simulators.__main__ import parse

ROOT = Path(__file__).parents[3]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_the_gateways_configuration_is_good_with_the_secrets_that_the_script_makes(
    tmp_path,
) -> None:
    deploy = tmp_path / "deploy"
    deploy.mkdir()
    script = deploy / "make-secrets.sh"
    script.write_bytes((ROOT / "deploy" / "make-secrets.sh").read_bytes())
    subprocess.run(["bash", str(script)], check=True, capture_output=True)
    secrets = deploy / "secrets"
    first = {file.name: file.read_text() for file in secrets.iterdir()}
    assert set(first) == set(COMPOSE["secrets"])
    assert all(len(text) >= 32 for text in first.values())
    assert len(set(first.values())) == len(first)
    subprocess.run(["bash", str(script)], check=True, capture_output=True)
    assert {file.name: file.read_text() for file in secrets.iterdir()} == first, "kept, not remade"
    options = load(
        ROOT / "deploy" / "gateway", environment={"TAKTLINE_SECRETS": str(secrets)}
    ).options
    assert isinstance(options.historian, InfluxOptions)
    assert options.historian.token.get_secret_value() == first["influx_token"]
    influx = COMPOSE["services"]["influxdb"]["environment"]
    assert influx["DOCKER_INFLUXDB_INIT_ORG"] == options.historian.org
    assert influx["DOCKER_INFLUXDB_INIT_BUCKET"] == options.historian.bucket


def test_every_service_is_hardened_healthy_and_keeps_its_data() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        # The gateway's health check stands in its image.
        assert "healthcheck" in service or name == "gateway", name
        for port in service.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${TAKTLINE_MQTT_ADDRESS:-127.0.0.1}:")), port
    named = {
        volume.partition(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])
    assert COMPOSE["services"]["simulators"]["profiles"] == ["simulators"]
    for name in ("gateway", "simulators"):
        assert COMPOSE["services"][name]["user"] == "10001:10001"


def test_no_service_runs_as_root_or_gets_a_capability_back() -> None:
    for name, service in COMPOSE["services"].items():
        assert not service.get("user", "0:0").startswith("0:"), name
        assert "cap_add" not in service, name
        # A read-only root leaves no room for scratch files, which even mosquitto_passwd writes.
        assert any(mount.startswith("/tmp:") for mount in service["tmpfs"]), name


def test_the_simulators_command_is_one_that_the_plant_takes(tmp_path) -> None:
    password = tmp_path / "password"
    password.write_text("only in this test")
    command = [
        word.replace("/run/secrets/mqtt_machine_password", str(password))
        for word in COMPOSE["services"]["simulators"]["command"]
    ]
    assert command.pop(0) == "simulate"
    options = parse(command)
    assert (options.port_base, options.mqtt_host) == (48_400, "mosquitto")
    assert options.mqtt_password == "only in this test"


def test_the_build_sees_no_secret_and_no_folder_of_the_checkout_that_it_does_not_need() -> None:
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert {"deploy", ".git", ".venv", "tests", "data"} <= {*left_out}


def test_no_password_stands_in_any_file_of_the_deployment() -> None:
    for file in [ROOT / "docker-compose.yml", *(ROOT / "deploy").rglob("*.*")]:
        if {"secrets", "__pycache__"} & {*file.parts}:
            continue
        for line in file.read_text().splitlines():
            said = re.search(r"(?i)(password|token|secret)\s*[:=]\s*(\S+)", line)
            if said and not line.lstrip().startswith("#"):
                assert said[2].startswith(("!file", "/run/secrets", "{file:", "[")), line


def test_the_image_runs_as_its_own_user_and_checks_its_health() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "USER 10001:10001" in text
    assert text.index("install -d -o 10001") < text.index("\nVOLUME"), (
        "a new volume takes its owner"
    )
    assert "HEALTHCHECK" in text
    assert "--require-hashes" in text


def test_the_broker_lets_nobody_in_without_a_name_and_loses_nothing() -> None:
    settings = dict(
        line.split(" ", 1)
        for line in (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text().splitlines()
        if line and not line.startswith("#") and not line.startswith("log_type")
    )
    assert settings["allow_anonymous"] == "false"
    assert settings["persistence"] == "true"
    assert settings["max_queued_messages"] == "0"
    assert int(settings["autosave_interval"]) <= 60
