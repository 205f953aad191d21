"""The product as installed: set-up link, `taktline user`, a running gateway that obeys, and `verify-audit`."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.product import Gateway, run_cli

LONG = "a sentence that nobody else knows"


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Gateway]:
    made = Gateway(tmp_path, {})
    text = made.file.read_text("utf-8").replace("sign_in: 'off'", "sign_in: required")
    made.file.write_text(text, "utf-8")
    try:
        yield made.start()
    finally:
        made.close()


def redeem(product: Gateway, said: str, name: str) -> None:
    found = re.search(r"tkl_[\w-]+", said)
    assert found is not None, said
    body = {"secret": found.group(0), "name": name, "password": LONG}
    answer = product.http.post("/api/v1/session/link", json=body)
    assert answer.status_code == 204, answer.text


def sign_in(product: Gateway, name: str) -> httpx.Response:
    return product.http.post("/api/v1/session", json={"name": name, "password": LONG})


def test_from_the_first_start_to_a_tampered_audit(product: Gateway) -> None:
    config = ("--config", str(product.file))
    assert product.http.get("/api/v1/plant").status_code == 401
    redeem(product, product.log.read_text("utf-8"), "anna")
    assert sign_in(product, "anna").status_code == 200
    added = run_cli("user", "add", "bob", "--role", "operator@test/a", *config)
    redeem(product, added.stdout, "")
    refused = run_cli("user", "disable", "anna", *config)
    assert refused.returncode == 1
    assert "last administrator" in refused.stderr
    assert sign_in(product, "bob").status_code == 200
    assert product.http.get("/api/v1/plant").status_code == 200
    assert run_cli("user", "disable", "bob", *config).returncode == 0
    time.sleep(2.1)  # what a running gateway was told holds for two seconds
    assert product.http.get("/api/v1/plant").status_code == 401
    listed = run_cli("user", "list", *config).stdout
    assert "anna  active  administrator" in listed
    assert "bob  disabled  operator@test/a" in listed
    assert run_cli("user", "setup-link", *config).returncode == 1
    good = run_cli("verify-audit", *config)
    assert (good.returncode, good.stderr) == (0, "")
    assert "all as they were written" in good.stdout
    assert LONG not in product.log.read_text("utf-8")
    product.stop()
    with sqlite3.connect(product.folder / "data" / "taktline.db") as held:
        held.execute("DROP TRIGGER audit_no_UPDATE")
        held.execute("UPDATE audit SET actor = 'eve' WHERE seq = 2")
    held.close()
    bad = run_cli("verify-audit", *config)
    assert (bad.returncode, bad.stderr.strip()) == (1, "entry 2 was changed")
    (product.folder / "data" / "keys" / "install.key").unlink()
    lost = run_cli("verify-audit", *config)
    assert lost.returncode == 1
    assert "install.key is missing" in lost.stderr


def test_an_export_from_a_running_gateway_takes_a_token(product: Gateway) -> None:
    source = product.folder / "out.csv"
    command = ("export", str(source), "--config", str(product.file))
    nobody = run_cli(*command)
    assert nobody.returncode == 1
    assert "--token-file" in nobody.stderr
    redeem(product, product.log.read_text("utf-8"), "anna")
    csrf = sign_in(product, "anna").json()["csrf"]
    wish = {"name": "nightly", "grants": ["quality"], "rights": ["display", "export"]}
    made = product.http.post("/api/v1/tokens", json=wish, headers={"x-csrf-token": csrf})
    assert made.status_code == 201, made.text
    token = product.folder / "token"
    token.write_text(made.json()["secret"] + "\n", "utf-8")
    known = run_cli(*command, "--token-file", str(token))
    # Nothing is connected here: that it may look is told by how many signals it found.
    assert "there are 0 signals" in known.stderr
