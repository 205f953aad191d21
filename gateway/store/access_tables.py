"""The tables of users, sessions, tokens, one-time links, further ways in, and the audit."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, String, Table, Text

from gateway.store.tables import metadata

user = Table(
    "access_user",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("grants", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("password", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("code_state", String(16), nullable=False),
    Column("code_step", BigInteger, nullable=False),
    Column("created_ns", BigInteger, nullable=False),
)
"""`password` is an argon2 hash or "" while none is set; `code` the enciphered secret of one-time codes."""

session = Table(
    "access_session",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user", String(64), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("seen_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Index("access_session_user", "user"),
)
"""`digest` is the SHA-256 of the secret that the browser holds."""

token = Table(
    "access_token",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("name", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("grants", JSON, nullable=False),
    Column("rights", JSON),
    Column("page", Text, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
    Column("revoked_ns", BigInteger),
)

link = Table(
    "access_link",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", String(64), nullable=False),
    Column("expires_ns", BigInteger, nullable=False),
)
"""A link sets a password once; an empty user makes the first administrator."""

federated = Table(
    "access_federated",
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user", String(64), nullable=False, unique=True),
)
"""Who of a provider is which user here; a user without a row is a local one."""

passkey = Table(
    "access_passkey",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("id", String(16), nullable=False, unique=True),
    Column("user", String(64), nullable=False),
    Column("credential", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", String(64), nullable=False),
    Column("created_ns", BigInteger, nullable=False),
    Column("used_ns", BigInteger),
    Index("access_passkey_user", "user"),
)
"""`digest` is the SHA-256 of the credential's own id, which may be a kilobyte; both texts are base64url."""

audit = Table(
    "audit",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("mac", String(64), nullable=False),
    Index("audit_time", "time_ns"),
    Index("audit_actor", "actor", "seq"),
)
"""`mac` chains each entry to the one before; the database refuses to change or delete entries."""
