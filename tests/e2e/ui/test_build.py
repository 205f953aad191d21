"""The page's own checks and tests, its lock file, and the build that packages run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from web import build_ui
from web.build_ui import WEB, UiBuildError, build, built_hash, install, npm, source_hash


def test_the_page_s_own_tests_pass() -> None:
    install(WEB / "ui")
    npm(WEB / "ui", "run", "test")


def test_the_lock_file_holds_versions_and_hashes_and_no_address() -> None:
    text = (WEB / "ui" / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    wanted = packages[""]["dependencies"] | packages[""]["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())


def test_the_built_page_carries_its_build(built: str) -> None:
    static = WEB / "static"
    assert built_hash(static) == built
    assert f'content="{built}"' in (static / "index.html").read_text("utf-8")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources without npm packages, and the built files of another place."""
    ignored = shutil.ignore_patterns("node_modules", "*.tsbuildinfo")
    shutil.copytree(WEB / "ui", tmp_path / "ui", ignore=ignored)
    return tmp_path


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **extra: object) -> None:
        raise UiBuildError(f"npm was called: {arguments}")

    monkeypatch.setattr(build_ui, "npm", refuse)


@pytest.mark.usefixtures("no_npm")
def test_unchanged_sources_are_not_built_again(tree: Path, built: str) -> None:
    shutil.copytree(WEB / "static", tree / "static")
    assert build(tree) == built


@pytest.mark.usefixtures("no_npm")
def test_a_changed_source_is_built_again(tree: Path, built: str) -> None:
    shutil.copytree(WEB / "static", tree / "static")
    (tree / "ui" / "index.html").write_text("other", "utf-8")
    assert source_hash(tree / "ui") != built
    with pytest.raises(UiBuildError, match="npm was called"):
        build(tree)


@pytest.mark.usefixtures("no_npm")
def test_built_files_alone_are_enough_and_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UiBuildError, match="neither sources"):
        build(tmp_path)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "build.json").write_text('{"build": "x"}', "utf-8")
    with pytest.raises(UiBuildError, match="neither sources"):
        build(tmp_path)
    (tmp_path / "static" / "index.html").write_text("<p>", "utf-8")
    assert build(tmp_path) == "x"


def test_a_part_that_is_gone_after_an_update_loads_the_page_again_once(page: Page) -> None:
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    page.goto("/floor")
    expect(page.locator("[data-machine]").first).to_be_visible()
    missing = page.request.get("/assets/page-of-yesterday.js")
    assert missing.status == 404
    page.route("**/assets/*.js", lambda route: route.fulfill(status=404))
    with page.expect_event("load"):
        page.get_by_role("link", name="Explore").click()
    page.unroute_all(behavior="ignoreErrors")
    page.reload()
    expect(page.get_by_role("heading", level=1, name="Explore")).to_be_visible()
    assert len(loads) == 3
    page.route("**/assets/*.js", lambda route: route.fulfill(status=404))
    page.get_by_role("link", name="Health").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.wait_for_timeout(500)
    assert len(loads) == 3
