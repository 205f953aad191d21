"""The desk of tables: templates, imports as jobs that keep all or nothing, exports."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from typing import Final

from gateway.clock import Clock
from gateway.errors import ConflictError, NotFoundError
from gateway.production.archive import Archive
from gateway.production.office import kept
from gateway.production.office.port import ColumnInfo, ImportJob, JobState, Purpose, TableInfo
from gateway.production.office.work import carried_out
from gateway.production.tables.cells import Need
from gateway.production.tables.importing import DryRun, dry_run, export, template
from gateway.production.tables.sheets import shown_name
from gateway.production.tables.specs import table_spec

_KEPT_JOBS: Final = 20


class TableDesk:
    """Imports run one at a time, as each may refer to what the one before it brought."""

    def __init__(self, archive: Archive, *, clock: Clock, time_zone: str) -> None:
        self._archive, self._clock, self._zone = archive, clock, time_zone
        self._jobs: dict[str, ImportJob] = {}
        self._running: asyncio.Task[None] | None = None

    async def tables(self) -> Sequence[TableInfo]:
        """Return every table in the order in which it is best filled."""
        found = []
        for name in kept.KEPT:
            columns = tuple(
                ColumnInfo(
                    name=each.name,
                    required=each.need is Need.REQUIRED,
                    meaning=each.meaning,
                    example=each.example,
                )
                for each in table_spec(name).columns
            )
            count = len(await kept.as_records(self._archive, name))
            found.append(TableInfo(name=name, columns=columns, count=count))
        return found

    def template(self, table: str, *, kind: str) -> bytes:
        """Return an empty file as `csv` or `xlsx`; raises `NotFoundError`, `InvalidRequestError`."""
        return template(table, kind=kind)

    async def export(self, table: str, *, kind: str) -> bytes:
        """Return what is kept as a file that can be imported again."""
        table_spec(table)
        records = await kept.as_records(self._archive, table)
        return await asyncio.to_thread(export, table, records, kind=kind)

    def start(
        self, table: str, *, file: str, content: bytes, purpose: Purpose, by: str
    ) -> ImportJob:
        """Read a file beside everything else; raises `NotFoundError`, `ConflictError` while another is read."""
        table_spec(table)
        if self._running is not None and not self._running.done():
            raise ConflictError("another file is being read: wait until it is done")
        job = ImportJob(
            id=secrets.token_hex(8),
            table=table,
            file=shown_name(file),
            purpose=purpose,
            by=by,
            created_ns=self._clock.now_ns(),
        )
        self._jobs[job.id] = job
        while len(self._jobs) > _KEPT_JOBS:
            del self._jobs[next(iter(self._jobs))]
        self._running = asyncio.create_task(
            carried_out(job, self._read(job, content)), name=f"import {table}"
        )
        return job

    def job(self, key: str) -> ImportJob:
        """Return how far an import is; raises `NotFoundError`."""
        if key not in self._jobs:
            raise NotFoundError(f"there is no import {key[:40]!r}: only the newest are kept")
        return self._jobs[key]

    async def settled(self, key: str) -> ImportJob:
        """Return an import once it is over; raises `NotFoundError`."""
        job = self.job(key)
        if job.state is JobState.RUNNING and self._running is not None:
            await asyncio.wait([self._running])
        return job

    async def close(self) -> None:
        """End what is being read; nothing of it is kept."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])

    async def _read(self, job: ImportJob, content: bytes) -> JobState:
        known = await kept.known_ids(self._archive)

        def progress(done: int, _total: int) -> None:
            job.rows = done

        def read() -> DryRun:
            return dry_run(
                job.table, name=job.file, content=content, known=known, on_progress=progress
            )

        run = await asyncio.to_thread(read)
        if run.mistakes:
            job.mistakes, job.untold = run.mistakes, run.untold
            count = len(run.mistakes) + run.untold
            job.error = f"nothing was kept; mistakes: {count}"
            return JobState.REFUSED
        change = await kept.changed_by(
            self._archive, job.table, run.records, zone=self._zone, by=job.by
        )
        job.added, job.changed, job.same = change.added, change.changed, change.same
        if job.purpose is Purpose.KEEP and change.things:
            await self._archive.add(change.things, by=job.by)
        return JobState.DONE
