"""Long work beside the requests: it ends done, refused with a reason, or cancelled, and always says which."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Protocol

from gateway.errors import TaktlineError
from gateway.production.office.port import JobState

_log = logging.getLogger(__name__)


class Job(Protocol):
    """What long work is told by."""

    id: str
    state: JobState
    error: str


async def carried_out(job: Job, work: Coroutine[object, object, JobState]) -> None:
    """Run the work of a job; what it returns is the job's end."""
    try:
        job.state = await work
    except TaktlineError as error:
        job.error, job.state = str(error), JobState.REFUSED
    except asyncio.CancelledError:
        job.state = JobState.CANCELLED
        raise
    except Exception:  # noqa: BLE001 - a defect must not leave its job running for ever; whoever asked reads this
        _log.exception("job %s stopped by a defect", job.id)
        job.error, job.state = "a defect of the gateway; its log describes it", JobState.REFUSED
