"""What the product is made of: `python deploy/supply_chain.py sbom FOLDER` writes an SBOM and the list of licences.

The SBOM (CycloneDX 1.6, JSON) holds the locked Python packages with their hashes, the npm packages that are built into
the page, and their licences as the installed packages state them. Same lock files, same document.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

ROOT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = ROOT / "requirements" / "runtime.lock"
PAGE_LOCK: Final = ROOT / "web" / "ui" / "package-lock.json"
UNSTATED: Final = "not stated"
_LONGEST: Final = 100
_CLASSIFIER: Final = "License :: OSI Approved :: "


def python_parts() -> dict[str, Any]:
    """Return the SBOM of the locked Python packages, as cyclonedx-py makes it."""
    done = subprocess.run(
        [sys.executable, "-m", "cyclonedx_py", "requirements", str(LOCK), "--pyproject", str(ROOT / "pyproject.toml"),
         "--output-reproducible", "--of", "JSON"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout))


def page_parts(lock: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a component for each npm package that is built into the page; tools that build it are none."""
    for place, held in sorted(lock["packages"].items()):
        if not place or held.get("dev") or held.get("optional"):
            continue
        name = place.rpartition("node_modules/")[2]
        group, _, short = name.rpartition("/")
        kind, _, digest = str(held["integrity"]).partition("-")
        purl = f"pkg:npm/{quote(group, safe='')}{'/' if group else ''}{short}@{held['version']}"
        yield {
            "bom-ref": purl,
            "type": "library",
            "name": short,
            **({"group": group} if group else {}),
            "version": held["version"],
            "purl": purl,
            "hashes": [
                {
                    "alg": kind.upper().replace("SHA", "SHA-"),
                    "content": base64.b64decode(digest).hex(),
                }
            ],
            "licenses": _licences(str(held.get("license", UNSTATED))),
        }


def licence_of(name: str) -> str:
    """Return the licence that an installed package states: expression, else classifier, else a short text."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return UNSTATED
    stated = about.get("License-Expression")
    if stated:
        return str(stated)
    classifiers = [
        each.removeprefix(_CLASSIFIER)
        for each in about.get_all("Classifier") or []
        if each.startswith(_CLASSIFIER)
    ]
    if classifiers:
        return " or ".join(classifiers)
    text = str(about.get("License") or "").strip().partition("\n")[0]
    return text if 0 < len(text) <= _LONGEST else UNSTATED


def document() -> dict[str, Any]:
    """Return the whole SBOM."""
    bom = python_parts()
    for component in bom["components"]:
        component["licenses"] = _licences(licence_of(component["name"]))
    bom["components"] += page_parts(json.loads(PAGE_LOCK.read_text("utf-8")))
    return bom


def licences(bom: Mapping[str, Any]) -> str:
    """Return the list of licences as a Markdown table."""
    rows = [
        (
            "/".join(filter(None, (each.get("group"), each["name"]))),
            str(each.get("version", "")),
            str(each["licenses"][0]["license"]["name"]),
        )
        for each in bom["components"]
    ]
    lines = [f"| {' | '.join(row)} |" for row in sorted(rows, key=lambda row: row[0].lower())]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *lines, ""])


def _licences(stated: str) -> list[dict[str, Any]]:
    return [{"license": {"name": stated}}]


def main(arguments: list[str]) -> None:
    """Write both files."""
    if len(arguments) != 2 or arguments[0] != "sbom":
        raise SystemExit(__doc__)
    folder = Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    bom = document()
    (folder / "taktline.cdx.json").write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n")
    (folder / "licences.md").write_text(licences(bom))
    sys.stdout.write(f"{folder}: {len(bom['components'])} parts and their licences\n")


if __name__ == "__main__":
    main(sys.argv[1:])
