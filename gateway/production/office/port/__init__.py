"""What others may ask of the production office: the contract of its desks, and what they hand over."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.production.capacity.gaps import RemedyKind
from gateway.production.capacity.plan import ProductionPlan
from gateway.production.office.port.demand import Demand, DemandSeries
from gateway.production.office.port.jobs import JobState
from gateway.production.office.port.plans import Plans
from gateway.production.office.port.routings import Routings, RoutingView
from gateway.production.office.port.schedules import Bar, Board, Drag, Lane, Schedules, SearchJob
from gateway.production.office.port.tables import ColumnInfo, ImportJob, Purpose, TableInfo, Tables
from gateway.production.schedule.versions import ScheduleDiff
from gateway.production.workflow.versions import RoutingDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """The desks of the production office."""

    tables: Tables
    demand: Demand
    plans: Plans
    routings: Routings
    schedules: Schedules


__all__ = [
    "Bar",
    "Board",
    "ColumnInfo",
    "Demand",
    "DemandSeries",
    "Drag",
    "ImportJob",
    "JobState",
    "Lane",
    "Planning",
    "Plans",
    "ProductionPlan",
    "Purpose",
    "RemedyKind",
    "RoutingDiff",
    "RoutingView",
    "Routings",
    "ScheduleDiff",
    "Schedules",
    "SearchJob",
    "TableInfo",
    "Tables",
]
