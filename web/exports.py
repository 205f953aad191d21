"""Exports of history to a file: jobs that run one at a time beside the requests."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from gateway.errors import ConflictError, NotFoundError, TaktlineError
from gateway.model import Principal
from web.jsontext import ms
from web.services import Services

_LOG = logging.getLogger("taktline.web")
_OURS: Final = re.compile(r"export-[0-9a-f]{16}\.(csv|parquet)(\.\w+)?")


class ExportFormat(StrEnum):
    """What file an export becomes."""

    CSV = "csv"
    PARQUET = "parquet"


class JobState(StrEnum):
    """The life cycle of an export job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


_NEXT: Final = {
    JobState.WAITING: {JobState.RUNNING},
    JobState.RUNNING: {JobState.DONE, JobState.FAILED},
    JobState.DONE: set[JobState](),
    JobState.FAILED: set[JobState](),
}


class ExportJob:
    """One export: what was asked, by whom, and how far it is."""

    def __init__(
        self,
        *,
        signals: Sequence[int],
        paths: Sequence[str],
        start_ns: int,
        end_ns: int,
        form: ExportFormat,
        created_ns: int,
        by: Principal,
    ) -> None:
        self.id = secrets.token_hex(8)
        self.signals = tuple(signals)
        self.paths = tuple(paths)
        self.start_ns = start_ns
        self.end_ns = end_ns
        self.form = form
        self.created_ns = created_ns
        self.by = by
        self.state = JobState.WAITING
        self.rows_done = 0
        self.rows_total: int | None = None
        self.error = ""

    def move(self, state: JobState) -> None:
        """Go to the next state of its life."""
        if state not in _NEXT[self.state]:
            msg = f"export {self.id} cannot go from {self.state} to {state}"
            raise ConflictError(msg)
        self.state = state

    def progress(self, done: int, total: int) -> None:
        """Take note of how far it is; may be called from any thread."""
        self.rows_done, self.rows_total = done, total


class Exports:
    """The jobs that are kept, at most `limit`, and the one that runs."""

    def __init__(self, services: Services, *, limit: int) -> None:
        self._services = services
        self._limit = limit
        self._jobs: dict[str, ExportJob] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(1)

    def clear(self) -> None:
        """Remove what exports of an earlier run left behind."""
        folder = self._services.exports
        if folder.is_dir():
            for file in folder.iterdir():
                if _OURS.fullmatch(file.name):
                    file.unlink(missing_ok=True)

    def start(self, job: ExportJob) -> None:
        """Queue a job; raises `ConflictError` where as many as are kept are still unfinished."""
        if len(self._jobs) >= self._limit:
            finished = (key for key in self._jobs if key not in self._tasks)
            oldest = next(finished, None)
            if oldest is None:
                msg = f"{self._limit} exports are waiting or running; wait for one, or delete one"
                raise ConflictError(msg)
            self._drop(oldest)
        self._jobs[job.id] = job
        task = asyncio.create_task(self._run(job), name=f"export {job.id}")
        self._tasks[job.id] = task
        task.add_done_callback(lambda ended: self._ended(job, ended))

    def get(self, key: str) -> ExportJob:
        """Return a job; raises `NotFoundError`."""
        job = self._jobs.get(key)
        if job is None:
            msg = f"there is no export {key[:40]!r}; it may have been deleted"
            raise NotFoundError(msg)
        return job

    def file(self, job: ExportJob) -> Path:
        """Return where a job's file lies, or will lie."""
        return self._services.exports / f"export-{job.id}.{job.form.value}"

    async def remove(self, key: str) -> None:
        """Cancel a job where it runs, and forget it with its file; raises `NotFoundError`."""
        self.get(key)
        task = self._tasks.get(key)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._drop(key)

    async def close(self) -> None:
        """Cancel what still runs."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def document(self, job: ExportJob) -> dict[str, Any]:
        """Return a job as REST shows it."""
        done = job.state is JobState.DONE
        return {
            "id": job.id,
            "state": job.state.value,
            "format": job.form.value,
            "signals": list(job.paths),
            "from_ms": ms(job.start_ns),
            "to_ms": ms(job.end_ns),
            "created_ms": ms(job.created_ns),
            "rows_done": job.rows_done,
            "rows_total": job.rows_total,
            "file_bytes": self.file(job).stat().st_size if done else None,
            "error": job.error,
        }

    def _ended(self, job: ExportJob, task: asyncio.Task[None]) -> None:
        """Forget the task; a defect must not leave its job running for ever."""
        self._tasks.pop(job.id, None)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _LOG.error("export %s stopped by a defect", job.id, exc_info=error)
            job.error = "a defect of the gateway; its log describes it"
            job.move(JobState.FAILED)

    def _drop(self, key: str) -> None:
        job = self._jobs.pop(key, None)
        if job is not None:
            self.file(job).unlink(missing_ok=True)

    async def _run(self, job: ExportJob) -> None:
        async with self._turn:
            job.move(JobState.RUNNING)
            try:
                self._services.exports.mkdir(parents=True, exist_ok=True)
                rows = await self._services.history.export(
                    job.signals,
                    start_ns=job.start_ns,
                    end_ns=job.end_ns,
                    target=self.file(job),
                    progress=job.progress,
                )
            except (TaktlineError, OSError) as error:
                job.error = str(error)
                job.move(JobState.FAILED)
                _LOG.warning("export %s failed: %s", job.id, error)
                return
            job.progress(rows, rows)
            job.move(JobState.DONE)
