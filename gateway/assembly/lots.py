"""Lots of quality control that begin and end with the jobs they are made in."""

from __future__ import annotations

import logging

from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.production.execution.desk import Move
from gateway.production.lifecycle import JobState
from gateway.production.quality.model import NewLot
from gateway.production.quality.port import Lots

_log = logging.getLogger(__name__)
_OVER = frozenset({JobState.ENDED, JobState.ABORTED})


class LotsOfJobs:
    """Implements `Told`: a job that runs on a machine with a counter is a lot there, from which checks fall due."""

    def __init__(self, lots: Lots) -> None:
        self._lots = lots

    async def __call__(self, move: Move) -> None:
        """Begin or end the lot of a job; what quality refuses is told in the log, and the job goes on."""
        run = move.run
        if not move.path or run.started_ns is None:
            return
        try:
            held = await self._lots.begin(
                NewLot(
                    lot=f"{run.order}-{run.op}",
                    machine=move.path,
                    product=run.product,
                    order=run.order,
                    op=run.op,
                    job=run.job,
                    checklist=move.operation.checklist,
                    wanted=run.qty,
                    started_ns=run.started_ns,
                    materials=move.materials,
                ),
                by=run.by,
            )
            if run.state in _OVER and held.end_ns is None:
                await self._lots.end(held.id, by=run.by, ended_ns=run.ended_ns)
        except NotFoundError:
            return  # a machine without a counter: no check falls due by pieces there
        except (ConflictError, InvalidRequestError) as error:
            _log.warning("job %s has no lot at %s: %s", run.job, move.path, error)
