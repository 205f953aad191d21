"""The base of every options model: strict, frozen, unknown keys refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """Settings as a person writes them in YAML.

    Every field has a default or is required, a description of one sentence, and its unit as the end of its name
    (`_s`, `_ms`, `_bytes`, `_rows`); the reference page is generated from that.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=False, use_attribute_docstrings=False
    )

    def writable(self) -> frozenset[str]:
        """Return the paths that commands may write by these settings: of a connector that only reads, none."""
        return frozenset()
