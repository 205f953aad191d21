"""What other products of this kind had to learn in public, each held by a test; so are the ways in that people try first.

The table names the test of each lesson; where there was none, it stands below.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from gateway.access.rights import Grant, Role
from gateway.audit.key import InstallKey
from gateway.errors import ConfigError
from gateway.model import DataType, Signal, SignalRole
from tests.peers.access import LONG, house
from tests.peers.web_client import rest
from tests.peers.web_services import memory_plant
from web.options import SignIn, WebOptions
from web.server import create_app

ROOT: Final = Path(__file__).parents[3]
HERE: Final = "tests/contract/access/test_lessons.py"
SIGN_IN: Final = "tests/contract/access/test_sign_in.py"
PRODUCT: Final = ("gateway", "connectors", "rules", "web", "simulators")
LESSONS: Final = {
    "FUXA CVE-2023-33831: a route that ran scripts": (
        f"{HERE}::test_nothing_that_a_user_sends_is_ever_run",
        "tests/unit/detect/test_expression.py::test_every_operation_is_of_the_closed_table",
    ),
    "FUXA CVE-2025-69985: a header taken for an identity": (
        f"{SIGN_IN}::test_no_header_of_a_client_is_who_it_is",
    ),
    "FUXA CVE-2026-25938, 25939, 47721: ways to a write around the guard": (
        "tests/contract/control/test_routes.py::test_no_port_of_the_web_side_writes_to_a_machine",
        "tests/contract/control/test_routes.py::test_a_role_in_another_zone_a_viewer_and_nobody_write_nothing",
        "tests/contract/control/test_proposals.py::test_what_is_marked_automatic_rules_carry_out_by_the_same_guard",
    ),
    "FUXA CVE-2026-13207: a list of users for everybody": (
        "tests/contract/access/test_routes.py::test_every_route_by_every_role",
        "tests/contract/access/test_routes.py::test_an_undeclared_route_is_refused_even_to_an_administrator",
    ),
    "ThingsBoard CVE-2023-26462: one signing key for all installations": (
        f"{HERE}::test_two_installations_share_no_secret",
    ),
    "InfluxDB CVE-2019-20933: an empty secret was a secret": (
        f"{HERE}::test_an_empty_secret_opens_nothing_and_starts_nothing",
    ),
    "Ignition CVE-2025-13911, 13913: code in an imported project": (
        f"{HERE}::test_nothing_that_a_user_sends_is_ever_run",
        "tests/property/config/test_hostile_yaml.py::test_any_board_is_read_or_refused",
        "tests/fault/backup/test_backup.py::test_a_file_that_would_lie_outside_is_refused",
    ),
    "ScadaBR CVE-2021-26828: an uploaded page that the server ran": (
        "tests/contract/web/test_cases.py::test_a_file_comes_back_for_saving_only",
    ),
    "ScadaBR CVE-2021-26829: names of tags that were scripts": (
        f"{HERE}::test_a_name_from_a_machine_is_data_to_every_browser",
    ),
    "ScadaBR CVE-2026-8602: values from anybody": (
        f"{HERE}::test_no_value_comes_in_without_a_right",
        "tests/contract/mqtt/test_tls.py",
        "tests/contract/opcua/test_security.py",
    ),
    "Node-RED: an editor open to the network before anybody set a password": (
        f"{SIGN_IN}::test_nobody_is_served_but_this_machine_until_there_is_an_administrator",
        "tests/unit/web/test_guard.py::test_serving_others_takes_sign_in",
    ),
    "asyncua CVE-2022-25304, node-opcua CVE-2022-21208: chunks without end": (
        "tests/unit/opcua/test_transport.py::test_a_chunk_of_impossible_size_cuts_the_connection",
        "tests/unit/opcua/test_transport.py::test_an_acknowledge_does_not_lift_the_limits",
    ),
    "Starlette CVE-2025-62727: a Range header that cost the square of its length": (
        f"{HERE}::test_many_ranges_cost_no_more_than_the_file",
    ),
}
WAYS: Final = {
    "session fixation": (f"{SIGN_IN}::test_a_session_gets_a_new_secret_at_each_sign_in",),
    "login CSRF": (
        "tests/contract/access/test_provider.py::test_the_way_back_counts_once_in_the_browser_that_left",
    ),
    "cross-site websocket hijacking": (
        "tests/contract/web/test_live.py::test_a_foreign_page_gets_no_websocket",
    ),
    "cross-site requests": (
        f"{SIGN_IN}::test_a_change_repeats_the_csrf_value_of_its_own_session",
        "tests/unit/web/test_guard.py::test_a_foreign_page_changes_nothing",
        "tests/contract/control/test_routes.py::test_a_foreign_page_cannot_operate",
    ),
    "rebound names": ("tests/unit/web/test_guard.py::test_a_rebound_name_is_refused_on_loopback",),
    "brute force": (
        f"{SIGN_IN}::test_guessing_is_slowed_down_and_does_not_fill_the_audit",
        "tests/contract/access/test_provider.py::test_trying_in_vain_is_slowed_down",
    ),
    "tampered audit": (
        "tests/contract/access/test_audit.py::test_a_changed_entry_is_named",
        "tests/contract/access/test_audit.py::test_a_deleted_entry_is_named",
        "tests/contract/access/test_audit.py::test_only_the_anchor_shows_an_end_cut_off_by_the_databases_owner",
    ),
    "path traversal": (
        "tests/unit/web/test_pages.py::test_a_missing_file_is_not_found_and_nothing_outside_is_served",
        "tests/fault/backup/test_backup.py::test_a_file_that_would_lie_outside_is_refused",
        "tests/unit/config/test_reader.py::test_credentials_of_systemd_are_filled_in",
    ),
    "server-side requests": (
        "tests/contract/notify/test_post.py::test_an_undeclared_host_is_refused_wherever_it_comes_from",
        "tests/contract/access/test_provider.py::test_only_declared_hosts_are_asked",
        "tests/contract/access/test_tls.py::test_a_provider_shows_a_certificate_that_is_trusted",
        "tests/property/access/test_doors.py::test_the_provider_sends_us_nowhere_that_is_not_declared",
    ),
    "formulas in tables": (
        "tests/unit/production/test_tables.py::test_a_formula_is_never_text_that_runs",
        "tests/contract/maintenance/test_exchange.py::test_an_export_is_harmless_and_its_import_changes_nothing",
        f"{SIGN_IN}::test_the_audit_is_searched_and_taken_away_and_both_are_in_it",
    ),
    "replayed, late, forged and concurrent operates": (
        "tests/contract/control/test_operate.py::test_a_replayed_operate_finds_nothing",
        "tests/contract/control/test_operate.py::test_a_late_operate_is_refused",
        "tests/contract/control/test_operate.py::test_a_forged_nonce_and_another_session_are_refused_and_cost_nothing",
        "tests/contract/control/test_operate.py::test_of_many_operates_at_once_one_is_carried_out",
    ),
}


@pytest.mark.parametrize("lesson", [*LESSONS, *WAYS])
def test_a_lesson_has_its_test(lesson: str) -> None:
    for named in {**LESSONS, **WAYS}[lesson]:
        file, _, test = named.partition("::")
        text = (ROOT / file).read_text("utf-8")
        assert re.search(rf"^(?:async )?def {test}\(", text, re.MULTILINE) or not test, named


def sources() -> Iterator[tuple[str, ast.AST]]:
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            if "node_modules" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


RUNS: Final = {"eval", "exec", "compile", "__import__"}
MODULES: Final = {"pickle", "marshal", "shelve", "dill", "code", "runpy", "jinja2", "joblib"}
LOADS: Final = {"unsafe_load", "full_load", "load_all", "system", "popen"}


def test_nothing_that_a_user_sends_is_ever_run() -> None:
    found, seen = [], 0
    for where, tree in sources():
        seen += 1
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
                found += [f"{where} imports {name}" for name in names & MODULES]
            elif isinstance(node, ast.ImportFrom):
                name = (node.module or "").partition(".")[0]
                found += [f"{where} imports {name}"] if name in MODULES and not node.level else []
            elif isinstance(node, ast.Call):
                called = node.func
                if isinstance(called, ast.Name) and called.id in RUNS:
                    found.append(f"{where}:{node.lineno} calls {called.id}")
                if isinstance(called, ast.Attribute) and called.attr in LOADS:
                    found.append(f"{where}:{node.lineno} calls {called.attr}")
                shell = [each for each in node.keywords if each.arg == "shell"]
                found += [f"{where}:{node.lineno} asks for a shell"] if shell else []
    assert found == []
    assert seen > 300


async def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    secrets = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        async with house(tmp_path / name) as home:
            key = home.office.key
            secrets.append(
                {
                    (tmp_path / name / "keys" / "install.key").read_bytes(),
                    *(key.derive(each) for each in ("audit chain", "one-time codes", "x")),
                }
            )
            assert await home.office.desk.users()
    assert secrets[0].isdisjoint(secrets[1])


async def test_an_empty_secret_opens_nothing_and_starts_nothing(tmp_path: Path) -> None:
    path = tmp_path / "k"
    for weak in (b"", b"\x00" * 32, b"secret", b"a" * 32, b"changeme" * 4):
        path.write_bytes(weak)
        path.chmod(0o600)
        with pytest.raises(ConfigError):
            InstallKey.load(path)
    (tmp_path / "house").mkdir()
    async with house(tmp_path / "house") as home:
        await home.office.desk.add_user("nobody-yet", [Grant(Role.ADMINISTRATOR)])
        async with home.client() as client:
            for password in ("", " ", "\x00"):
                body = {"name": "nobody-yet", "password": password}
                answer = await client.post("/api/v1/session", json=body)
                assert answer.status_code == 401, "a user without a password has none"
            for shown in ("Bearer ", "Bearer tkt_", "Bearer tks_", "bearer null"):
                told = await client.get("/api/v1/users", headers={"authorization": shown})
                assert told.status_code == 401
            link = await client.post(
                "/api/v1/session/link", json={"secret": "", "name": "x", "password": LONG}
            )
            assert link.status_code == 401


async def test_a_name_from_a_machine_is_data_to_every_browser(tmp_path: Path) -> None:
    plant = memory_plant(folder=tmp_path)
    with pytest.raises(ValueError, match="may hold letters"):
        Signal(path="p/a/l/m/<script>", data_type=DataType.FLOAT)
    plant.catalogue.register(
        [
            Signal(
                path="p/a/l/m/s",
                unit="<script>",
                data_type=DataType.FLOAT,
                role=SignalRole.KEY_VALUE,
            )
        ]
    )
    async with rest(create_app(plant.services, WebOptions(sign_in=SignIn.OFF))) as client:
        told = await client.get("/api/v1/signals")
        assert "<script>" in told.text, "kept as the machine calls it"
        assert told.headers["content-type"].startswith("application/json")
        assert told.headers["x-content-type-options"] == "nosniff"
        policy = told.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
    page = "".join(path.read_text("utf-8") for path in sorted((ROOT / "web/ui/src").rglob("*.ts*")))
    assert len(page) > 100_000
    for sink in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert sink not in page, "texts become text nodes, nothing else"


async def test_no_value_comes_in_without_a_right(tmp_path: Path) -> None:
    async with house(tmp_path) as home, home.client() as client:
        viewer = await home.token(Grant(Role.VIEWER))
        for path in ("/api/v1/signals", "/api/v1/latest", "/api/v1/history/rows", "/api/v1/write"):
            body = {"values": [1.0]}
            nobody = await client.post(path, json=body)
            assert nobody.status_code in {401, 403, 404, 405}, path
            told = await client.post(path, json=body, headers={"authorization": f"Bearer {viewer}"})
            assert told.status_code in {403, 404, 405}, path


async def test_many_ranges_cost_no_more_than_the_file(tmp_path: Path) -> None:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "assets" / "a.js").write_bytes(b"x" * 50_000)
    plant = memory_plant(folder=tmp_path)
    services = replace(plant.services, static=static)
    async with rest(create_app(services, WebOptions(sign_in=SignIn.OFF))) as client:
        whole = await client.get("/assets/a.js")
        assert len(whole.content) == 50_000
        for ranges in (
            "0-" + ",0-" * 5000,
            ",".join(f"{n}-{n + 40_000}" for n in range(5000)),
            "-" + ",-" * 9000,
            "0-0," * 9000 + "x",
        ):
            answer = await client.get("/assets/a.js", headers={"range": f"bytes={ranges}"})
            assert answer.status_code in {200, 206, 400, 416}, answer.status_code
            assert len(answer.content) <= 60_000, "overlapping ranges are one"
