"""Commands to machines: the guard on the connectors' actuators, with the audit it cannot do without."""

from __future__ import annotations

from gateway.assembly.detection import Detection
from gateway.assembly.ground import Ground
from gateway.audit.port import Audit
from gateway.control.dispatch import GuardedMachines
from gateway.control.guard import ControlGuard
from gateway.control.locks import Locks
from gateway.control.options import Source
from gateway.control.present import Presents
from gateway.control.requests import GuardRequests
from gateway.detect.proposing import Proposing
from gateway.ports import Requests
from gateway.store import Store


async def open_control(ground: Ground, store: Store, audit: Audit) -> ControlGuard:
    """Open the guard; what an earlier gateway left open is ended first."""
    options = ground.options.control
    guard = ControlGuard(
        options,
        store=store,
        audit=audit,
        presents=Presents(
            catalogue=ground.catalogue,
            latest=ground.latest,
            presence=ground.connections,
            actuators=ground.connections,
            clock=ground.clock,
        ),
        actuators=ground.connections,
        locks=Locks(
            store,
            off_file=options.off_file or ground.options.data_dir / "control-off",
            clock=ground.clock,
        ),
        clock=ground.clock,
    )
    await guard.open()
    ground.opened.push_async_callback(guard.close)
    ground.board.add_stage("control", guard.status)
    ground.start("control", guard.run())
    return guard


def requests_of(guard: ControlGuard, source: Source) -> Requests:
    """Return how scheduler or rules ask for commands."""
    return GuardRequests(guard, source)


def open_proposing(ground: Ground, guard: ControlGuard, detection: Detection) -> None:
    """Let rules propose commands to people."""
    proposing = Proposing(
        detection.detector.configured,
        alarms=detection.alarms,
        requests=requests_of(guard, Source.RULES),
        clock=ground.clock,
    )
    ground.board.add_remarks(proposing.remarks)
    ground.start("proposals of rules", proposing.run())


def job_machines(ground: Ground, guard: ControlGuard) -> GuardedMachines:
    """Return the machines that job orders are sent to, each call through the guard."""
    return GuardedMachines(ground.options.control, guard=guard, actuators=ground.connections)
