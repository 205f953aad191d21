"""A backup comes back whole, or not at all: nothing of a damaged or forged one is ever put in place."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.clock import SystemClock
from gateway.commands.backup import command, manifest
from gateway.commands.backup.make import make
from gateway.commands.backup.restore import restore
from gateway.config.schema import load
from gateway.errors import ConfigError, InvalidRequestError, StorageError
from gateway.stream.lock import DirectoryLock
from tests.e2e.product import Gateway, run_cli
from tests.fault.product.oracle import Kept, judge, read_load
from tests.fault.product.parts import QUICK, load_mqtt, until_more, until_quiet, until_state
from tests.fault.product.parts import load as running_load
from tests.peers.mosquitto import Mosquitto

pytestmark = [pytest.mark.peer, pytest.mark.fault]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A stopped gateway's configuration with rows, users and audit, and its backup."""
    folder = tmp_path_factory.mktemp("backed-up")
    (folder / "broker").mkdir()
    with Mosquitto(folder / "broker") as broker:
        config = {**QUICK, "connectors": {"broker": load_mqtt(broker.port)}}
        product = Gateway(folder / "gateway", config)
        try:
            product.start()
            until_state(product, "broker", "live")
            with running_load(
                folder / "mq", "mqtt", signals=8, rate=20, seconds=600, mqtt_port=broker.port
            ) as mqtt:
                until_more(product, "broker", 400)
                mqtt.end()
            until_quiet(product)
            assert (
                run_cli(
                    "user", "add", "anna", "--role", "viewer", "--config", str(product.file)
                ).returncode
                == 0
            )
            assert product.stop() == 0
        finally:
            product.close()
    said = run_cli("backup", str(folder / "plant.tar"), "--config", str(product.file))
    assert said.returncode == 0, said.stderr
    assert "read again and equal" in said.stdout
    return product.file, folder / "plant.tar"


def repacked(source: Path, target: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Copy a backup with each file changed; None leaves it out."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for entry in old:
            data = change(entry.name, old.extractfile(entry).read())
            if data is not None:
                entry.size = len(data)
                new.addfile(entry, io.BytesIO(data))
    return target


def refused(backup: Path, tmp_path: Path, match: str) -> None:
    place = tmp_path / "restored" / "data"
    with pytest.raises(StorageError, match=match):
        restore(backup, place, work_in=place.parent, clock=SystemClock())
    assert list(place.parent.iterdir()) == [], "nothing is left of what was not sound"


def test_what_was_backed_up_comes_back_whole(made: tuple[Path, Path], tmp_path: Path) -> None:
    config, backup = made
    assert backup.stat().st_mode & 0o077 == 0, "it holds password hashes and the key of the audit"
    text = config.read_text("utf-8").replace(str(config.parent / "data"), str(tmp_path / "data"))
    assert str(tmp_path / "data") in text
    other = tmp_path / "taktline.yaml"
    other.write_text(text, "utf-8")
    checked = run_cli("restore", str(backup), "--check", "--config", str(other))
    assert checked.returncode == 0, checked.stderr
    assert not (tmp_path / "data").exists()
    said = run_cli("restore", str(backup), "--config", str(other))
    assert said.returncode == 0, said.stderr
    assert "unbroken" in said.stdout
    verdict = judge(
        read_load(config.parent.parent / "mq" / "mqtt.sent"), Kept.read(tmp_path / "data")
    )
    assert verdict.holds, verdict
    assert verdict.kept == verdict.sent >= 400
    listed = run_cli("user", "list", "--config", str(other)).stdout
    assert "anna" in listed
    again = run_cli("restore", str(backup), "--config", str(other))
    assert again.returncode == 1
    assert "not empty" in again.stderr


def test_a_changed_file_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    def flip(name: str, data: bytes) -> bytes:
        middle = len(data) // 2
        changed = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data
        return changed if name.endswith(".duckdb") else data

    refused(repacked(made[1], tmp_path / "b.tar", flip), tmp_path, "not as it was")


def test_a_missing_and_an_added_file_are_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    missing = repacked(made[1], tmp_path / "a.tar", lambda n, d: None if n == "taktline.db" else d)
    refused(missing, tmp_path, "taktline.db is missing")

    def forget(name: str, data: bytes) -> bytes:
        if name != manifest.NAME:
            return data
        document = json.loads(data)
        document["files"].pop("taktline.db")
        return json.dumps(document).encode()

    refused(repacked(made[1], tmp_path / "b.tar", forget), tmp_path, "was added")


def test_a_file_that_would_lie_outside_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("../outside", "/tmp/outside-taktline", "a/../../outside"):
        bad = tmp_path / "bad.tar"
        with tarfile.open(bad, "w") as archive:
            entry = tarfile.TarInfo(name)
            entry.size = 1
            archive.addfile(entry, io.BytesIO(b"x"))
        refused(bad, tmp_path, "outside")
    link = tmp_path / "link.tar"
    with tarfile.open(link, "w") as archive:
        entry = tarfile.TarInfo("keys")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(entry)
    refused(link, tmp_path, "no plain file")
    assert not (tmp_path / "outside").exists()


def test_a_cut_backup_is_refused(made: tuple[Path, Path], tmp_path: Path) -> None:
    whole = made[1].read_bytes()
    for n, share in enumerate((0.0, 0.3, 0.9)):
        cut = tmp_path / f"{n}.tar"
        cut.write_bytes(whole[: int(len(whole) * share) // 512 * 512])
        refused(cut, tmp_path, "no backup|unexpected end|empty|cut|not as it was|read")


def test_a_database_that_was_damaged_before_the_backup_is_refused(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    changed: dict[str, bytes] = {}

    def damage(name: str, data: bytes) -> bytes:
        if name == "journal/journal.db":
            data = data[:100] + bytes(len(data) - 100)
        if name == manifest.NAME:
            document = json.loads(data)
            for each, held in changed.items():
                found = manifest.digest(io.BytesIO(held))
                document["files"][each] = {"size": found.size, "sha256": found.sha256}
            return json.dumps(document).encode()
        if name.startswith("journal/journal.db"):
            changed[name] = data
        return data

    refused(repacked(made[1], tmp_path / "b.tar", damage), tmp_path, "journal in the backup")


def test_a_running_gateway_a_taken_target_and_an_empty_folder_are_refused(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    options = load(made[0]).options

    def run(target: Path, changed: Path | None = None) -> None:
        chosen = options if changed is None else options.model_copy(update={"data_dir": changed})
        make(chosen, target, clock=SystemClock(), told=lambda *_: None)

    with DirectoryLock(options.data_dir), pytest.raises(ConfigError, match="in use"):
        run(tmp_path / "x.tar")
    with pytest.raises(InvalidRequestError, match="exists"):
        run(made[1])
    with pytest.raises(InvalidRequestError, match="nothing"):
        run(tmp_path / "x.tar", tmp_path / "absent")
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_elsewhere_is_told() -> None:
    about = manifest.Manifest(
        format=1,
        made_ns=0,
        version="1",
        store="postgresql://db/plant",
        historian="http://h",
        files={},
    )
    assert len(command.elsewhere(about)) == 2
