"""The contracts between the rooms of the house; every implementation stands elsewhere."""

from gateway.ports.charts import Charts
from gateway.ports.history import Buckets, History, Latest, LatestValues, Ledger, Presence, Progress
from gateway.ports.stream import Catalogue, Chunk, Connector, Session, Sink, Tail
from gateway.ports.work import Alarms, Backtests, Flow, HealthSource, Issues, Performance, RuleBook

__all__ = [
    "Alarms",
    "Backtests",
    "Buckets",
    "Catalogue",
    "Charts",
    "Chunk",
    "Connector",
    "Flow",
    "HealthSource",
    "History",
    "Issues",
    "Latest",
    "LatestValues",
    "Ledger",
    "Performance",
    "Presence",
    "Progress",
    "RuleBook",
    "Session",
    "Sink",
    "Tail",
]
