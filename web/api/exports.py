"""Exports: history as a file to take away."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response

from gateway.access.rights import Right
from gateway.errors import ConflictError
from web.api.access import Use, indices
from web.api.docs import RULES_PATH, answers
from web.api.models import ExportJob as ExportDocument
from web.api.resource import Resource
from web.api.times import checked, parse_time
from web.auth import Who, needs
from web.exports import ExportFormat, ExportJob, Exports, JobState
from web.jsontext import JsonResponse

router = Resource(prefix="/exports", tags=["exports"], dependencies=[needs(Right.EXPORT)])

_JOB: Final = {
    "id": "4f1c2a9e0b7d6c35",
    "state": "running",
    "format": "csv",
    "signals": [RULES_PATH],
    "from_ms": 1767243600000.0,
    "to_ms": 1767247200000.0,
    "created_ms": 1767247201000.0,
    "rows_done": 20000,
    "rows_total": 36000,
    "file_bytes": None,
    "error": "",
}
_MEDIA: Final = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.PARQUET: "application/vnd.apache.parquet",
}


class ExportRequest(BaseModel):
    """What to export."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "signals": [RULES_PATH],
                "from": "2026-01-01T06:00:00Z",
                "to": 1767247200000,
                "format": "csv",
            }
        },
    )
    signals: list[str] = Field(min_length=1, max_length=10_000)
    from_: float | str = Field(alias="from", description="Start, epoch ms or ISO 8601.")
    to: float | str = Field(description="End (not included), epoch ms or ISO 8601.")
    format: ExportFormat = ExportFormat.CSV


def _exports(request: Request) -> Exports:
    exports: Exports = request.app.state.exports
    return exports


Jobs = Annotated[Exports, Depends(_exports)]
Key = Annotated[str, Path(max_length=40, description="Id of the export.", examples=[_JOB["id"]])]


@router.post(
    "",
    status_code=202,
    response_model=ExportDocument,
    responses=answers(_JOB | {"state": "waiting"}, 403, 404, 409, 413, status=202),
)
async def start_export(services: Use, jobs: Jobs, who: Who, body: ExportRequest) -> Response:
    """Start writing a range to a CSV or Parquet file."""
    asked = indices(services.catalogue, body.signals)
    span = checked(parse_time(str(body.from_), name="from"), parse_time(str(body.to), name="to"))
    job = ExportJob(
        signals=asked,
        paths=[services.catalogue.signal(index).path for index in asked],
        start_ns=span.start_ns,
        end_ns=span.end_ns,
        form=body.format,
        created_ns=services.clock.now_ns(),
        by=who,
    )
    jobs.start(job)
    return JsonResponse(
        jobs.document(job), status_code=202, headers={"location": f"/api/v1/exports/{job.id}"}
    )


@router.get("/{export_id}", response_model=ExportDocument, responses=answers(_JOB, 404))
async def get_export(jobs: Jobs, export_id: Key) -> Response:
    """Tell how far an export is."""
    return JsonResponse(jobs.document(jobs.get(export_id)))


@router.get(
    "/{export_id}/file",
    response_class=FileResponse,
    responses=answers(None, 404, 409)
    | {
        200: {
            "description": "The file.",
            "content": {"text/csv": {"example": "signal,time,value\n"}},
        }
    },
)
async def get_export_file(jobs: Jobs, export_id: Key) -> Response:
    """Give the file of a finished export."""
    job = jobs.get(export_id)
    if job.state is not JobState.DONE:
        msg = f"export {job.id} is {job.state}; its file is there once it is done"
        raise ConflictError(msg)
    return FileResponse(
        jobs.file(job),
        media_type=_MEDIA[job.form],
        filename=f"taktline-{job.id}.{job.form.value}",
    )


@router.delete(
    "/{export_id}",
    status_code=204,
    responses=answers(None, 403, 404) | {204: {"description": "It is gone."}},
)
async def delete_export(jobs: Jobs, _who: Who, export_id: Key) -> Response:
    """Cancel an export where it runs, and delete its file."""
    await jobs.remove(export_id)
    return Response(status_code=204)
