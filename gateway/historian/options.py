"""What a person may set about where history is kept."""

from __future__ import annotations

from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from gateway.options import Options

DAY_S = 86_400.0
MIB = 1 << 20
GIB = 1 << 30


class EmbeddedOptions(Options):
    """History in DuckDB files that the gateway owns; nothing to install."""

    kind: Literal["embedded"] = Field("embedded", description="Keep history in embedded files.")
    retention_age_s: float | None = Field(
        365 * DAY_S,
        gt=0,
        description="Rows received longer ago than this are dropped, a whole file at a time; null keeps all.",
    )
    retention_bytes: int | None = Field(
        20 * GIB,
        ge=MIB,
        description="The oldest files are dropped once all files together exceed this; null sets no limit.",
    )
    memory_limit_bytes: int = Field(
        96 * MIB,
        ge=64 * MIB,
        description="The memory the database may use before it spills to disk.",
    )
    threads: int = Field(
        2, ge=1, le=16, description="The threads one statement may use beside ingestion."
    )
    file_span_s: float = Field(
        DAY_S,
        ge=1,
        description="Received time that one file holds; retention drops whole files of this span.",
    )
    cluster_after_s: float = Field(
        3600.0,
        ge=1,
        description="Received time after which a closed window is rewritten ordered by signal and time.",
    )


class InfluxOptions(Options):
    """History in an InfluxDB server of one's own: 1.x, 2.x, 3.x, or what takes its line protocol."""

    kind: Literal["influx"] = Field(description="Keep history in an InfluxDB server.")
    url: str = Field(
        description="Address of the server, for example http://influx.plant.local:8086."
    )
    version: Literal["1", "2"] = Field(
        "2",
        description="Write path: 2 for /api/v2/write (2.x, 3.x, VictoriaMetrics), 1 for /write (1.x).",
    )
    org: str = Field("", description="Organisation that owns the bucket (version 2).")
    bucket: str = Field(
        min_length=1, description="Bucket (version 2) or database (version 1) that takes the rows."
    )
    token: SecretStr = Field(SecretStr(""), description="API token (version 2).")
    username: str = Field(
        "", description="User name (version 1); empty for a server without sign-in."
    )
    password: SecretStr = Field(SecretStr(""), description="Password of the user (version 1).")
    timeout_s: float = Field(
        10.0,
        gt=0,
        le=300,
        description="Time one request may take before the server counts as absent.",
    )
    batch_rows: int = Field(
        5000, ge=1, le=100_000, description="Most rows that one write request holds."
    )
    measurement: str = Field(
        "samples",
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$",
        description="Measurement that all rows are written to.",
    )

    @field_validator("url")
    @classmethod
    def _plain_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            msg = "want http://host:port or https://host:port"
            raise ValueError(msg)
        if parts.username is not None or parts.password is not None:
            msg = "a secret does not belong in the address: use token, or username and password"
            raise ValueError(msg)
        return url.rstrip("/")

    @model_validator(mode="after")
    def _refuse_empty_secrets(self) -> Self:
        if self.version == "2" and not self.token.get_secret_value().strip():
            msg = "version 2 needs a token that is not empty"
            raise ValueError(msg)
        if self.username and not self.password.get_secret_value():
            msg = "a username needs a password that is not empty"
            raise ValueError(msg)
        return self


HistorianOptions: TypeAlias = Annotated[
    EmbeddedOptions | InfluxOptions, Field(discriminator="kind")
]
"""Where history is kept, chosen by `kind`."""
