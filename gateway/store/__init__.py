"""Relational state: tables and migrations."""

from gateway.store.store import Store

__all__ = ["Store"]
