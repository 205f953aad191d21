"""The production office: the desks of planning over the archive of versions."""

from __future__ import annotations

from gateway.assembly.ground import Ground
from gateway.config.schema import GatewayOptions
from gateway.production.archive import Archive
from gateway.production.execution.desk import ExecutionDesk
from gateway.production.office.demand import DemandDesk
from gateway.production.office.options import Approval, PlanningOptions
from gateway.production.office.plans import PlanDesk
from gateway.production.office.port import Planning
from gateway.production.office.routings import RoutingDesk
from gateway.production.office.schedules import ScheduleDesk
from gateway.production.office.tables import TableDesk
from gateway.store import Store
from web.options import SignIn


def planning_options(options: GatewayOptions) -> PlanningOptions:
    """Return how proposals are approved: where sign-in is off, nobody can be told from anybody else."""
    if options.web.sign_in is SignIn.OFF:
        # The record says that it was one's own proposal.
        return options.planning.model_copy(update={"approval": Approval.ANYBODY})
    return options.planning


def open_planning(ground: Ground, store: Store, execution: ExecutionDesk) -> Planning:
    """Open the desks; what they still run ends with the gateway. The board shows jobs as execution has them."""
    archive = Archive(store, clock=ground.clock)
    options, zone = planning_options(ground.options), ground.options.plant.time_zone
    tables = TableDesk(archive, clock=ground.clock, time_zone=zone)
    schedules = ScheduleDesk(
        archive,
        options=options,
        clock=ground.clock,
        progress=execution.progress,
        states=execution.states,
    )
    ground.opened.push_async_callback(tables.close)
    ground.opened.push_async_callback(schedules.close)
    return Planning(
        tables=tables,
        demand=DemandDesk(archive, options=options),
        plans=PlanDesk(archive, options=options, clock=ground.clock, time_zone=zone),
        routings=RoutingDesk(archive, options=options, clock=ground.clock, time_zone=zone),
        schedules=schedules,
    )
