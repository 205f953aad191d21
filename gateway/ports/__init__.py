"""The contracts between the rooms of the house; every implementation stands elsewhere."""

from gateway.ports.cases import Cases
from gateway.ports.charts import Charts
from gateway.ports.gates import NO_GATES, GateAsked, GateBlock, GateKind, Gates
from gateway.ports.history import Buckets, History, Latest, LatestValues, Ledger, Presence, Progress
from gateway.ports.maintenance import Maintenance, WorkChanges
from gateway.ports.notices import Notifications
from gateway.ports.pages import Boards
from gateway.ports.reports import Reports
from gateway.ports.requests import Requests
from gateway.ports.rules import RuleDesk
from gateway.ports.stream import Catalogue, Chunk, Connector, Rereads, Session, Sink, Tail
from gateway.ports.upkeep import Adoption, Letters, Remarks, Switches
from gateway.ports.work import Alarms, Backtests, Flow, HealthSource, Issues, Performance, RuleBook

__all__ = [
    "NO_GATES",
    "Adoption",
    "Alarms",
    "Backtests",
    "Boards",
    "Buckets",
    "Cases",
    "Catalogue",
    "Charts",
    "Chunk",
    "Connector",
    "Flow",
    "GateAsked",
    "GateBlock",
    "GateKind",
    "Gates",
    "HealthSource",
    "History",
    "Issues",
    "Latest",
    "LatestValues",
    "Ledger",
    "Letters",
    "Maintenance",
    "Notifications",
    "Performance",
    "Presence",
    "Progress",
    "Remarks",
    "Reports",
    "Requests",
    "Rereads",
    "RuleBook",
    "RuleDesk",
    "Session",
    "Sink",
    "Switches",
    "Tail",
    "WorkChanges",
]
