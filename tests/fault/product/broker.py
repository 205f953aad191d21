"""The broker as it is shipped: the settings of deploy/mosquitto, without what belongs to its container."""

from __future__ import annotations

from tests.e2e.product import ROOT

_OF_THE_CONTAINER = (
    "listener",
    "allow_anonymous",
    "password_file",
    "acl_file",
    "persistence_location",
    "log_dest",
)


def shipped_settings() -> tuple[str, ...]:
    """Return the lines of deploy/mosquitto/mosquitto.conf that decide what the broker keeps."""
    lines = (ROOT / "deploy" / "mosquitto" / "mosquitto.conf").read_text().splitlines()
    return tuple(line for line in lines if line and not line.startswith(("#", *_OF_THE_CONTAINER)))
