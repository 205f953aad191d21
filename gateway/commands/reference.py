"""`taktline reference`: the page of every option, written or held against the one in the repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from connectors.registry import connector_types, options_model
from gateway.config.reference import reference_page
from gateway.config.schema import GatewayOptions
from gateway.detect.options import rule_types
from gateway.errors import ConfigError

INTRO = """\
Written from the options themselves by `make reference`.

One YAML file, or a folder of `*.yaml` fragments that are read in the order of their names; each setting stands in one
file. `${NAME}` and `${NAME:-default}` are filled in from the environment, `!file path` from a file (relative to the one
it stands in), `!credential name` from the credentials of systemd: this is where secrets come from. `$$` is a dollar sign. Only `true` and `false` are booleans. An unknown
key is an error. `taktline check PATH` tells every mistake at once; `SIGHUP` makes a running gateway read its
configuration again: connectors and rules that changed are replaced, everything else says that it waits for a restart,
and a configuration with mistakes changes nothing.
"""


def page() -> str:
    """Return the reference page as Markdown."""
    whole: Mapping[str, type[BaseModel]] = {"taktline.yaml": GatewayOptions}
    connectors = {f"connectors.<name> (type: {t})": options_model(t) for t in connector_types()}
    rules = {f"rules.<id> (type: {t})": model for t, model in rule_types().items()}
    return reference_page({**whole, **connectors, **rules}, intro=INTRO)


def write(target: Path) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")


def check(target: Path) -> None:
    """Raise `ConfigError` unless the page in `target` is the one the options give."""
    if not target.is_file() or target.read_text(encoding="utf-8") != page():
        msg = f"{target} is not what the options say; `make reference` writes it anew"
        raise ConfigError(msg)
