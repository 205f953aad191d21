"""The same contract on SQLite and on PostgreSQL."""

from tests.contract.kpi.conftest import postgres, url

__all__ = ["postgres", "url"]
