"""Tables of planning: templates, imports that keep all or nothing, exports."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Path, Query, Request
from starlette.responses import Response

from gateway.access.rights import Right
from gateway.production.office.port import JobState, Purpose, TableInfo
from web.api.docs import answers
from web.api.models import Document
from web.api.planning.shared import Key, Office
from web.api.resource import Resource
from web.auth import Who, needs
from web.jsontext import JsonResponse, document

router = Resource(prefix="/tables", tags=["planning"])
_READ: Final[Any] = needs(Right.DEMAND_READ)
_WRITE: Final[Any] = needs(Right.DEMAND_PROPOSE)

_JOB: Final[dict[str, Any]] = {
    "id": "4f1c2a9e0b7d6c35",
    "table": "orders",
    "file": "orders.csv",
    "purpose": "try",
    "by": "anna",
    "created_ms": 1767852001000.0,
    "state": "refused",
    "rows": 60,
    "added": 0,
    "changed": 0,
    "same": 0,
    "mistakes": [
        {
            "where": "orders.csv:17",
            "column": "due",
            "message": '"31/02/2027" is not a date (want YYYY-MM-DD)',
        }
    ],
    "untold": 0,
    "error": "nothing was kept; mistakes: 1",
}
_TABLE: Final[dict[str, Any]] = {
    "name": "orders",
    "count": 60,
    "columns": [
        {"name": "id", "required": True, "meaning": "the order's number", "example": "A-1001"}
    ],
}


class MistakeDocument(Document):
    """One cell that is wrong, and what would be right."""

    where: str
    column: str
    message: str


class ImportDocument(Document):
    """One file on its way in; `mistakes` are all there are (`untold` more were counted), else nothing was wrong."""

    id: str
    table: str
    file: str
    purpose: Purpose
    by: str
    created_ms: float
    state: JobState
    rows: int
    added: int
    changed: int
    same: int
    mistakes: list[MistakeDocument]
    untold: int
    error: str


class FileKind(StrEnum):
    """What file a table comes as."""

    CSV = "csv"
    XLSX = "xlsx"


_MEDIA: Final = {
    FileKind.CSV: "text/csv; charset=utf-8",
    FileKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The file.", "content": {"text/csv": {"example": "id,product,qty,due\n"}}}
}


class TableList(Document):
    """Every table, in the order in which they are best filled."""

    items: list[TableInfo]


Table = Annotated[str, Path(max_length=40, description="Name of a table.", examples=["orders"])]
Kind = Annotated[FileKind, Query(alias="format", description="What file it comes as.")]


@router.get(
    "", response_model=TableList, responses=answers({"items": [_TABLE]}), dependencies=[_READ]
)
async def list_tables(office: Office) -> Response:
    """List the tables that planning is fed with, their columns, and how much of each is kept."""
    return JsonResponse({"items": document(await office.tables.tables())})


@router.get(
    "/{table}/template",
    response_class=Response,
    responses=answers(None, 404) | _FILE,
    dependencies=[_READ],
)
async def get_template(office: Office, table: Table, kind: Kind = FileKind.CSV) -> Response:
    """Give an empty file of a table with its headings."""
    return _file(office.tables.template(table, kind=kind.value), f"{table}-template", kind)


@router.get(
    "/{table}/rows",
    response_class=Response,
    responses=answers(None, 404) | _FILE,
    dependencies=[_READ],
)
async def export_table(office: Office, table: Table, kind: Kind = FileKind.CSV) -> Response:
    """Give what is kept as a file that can be imported again; no cell of it is run by a spreadsheet."""
    return _file(await office.tables.export(table, kind=kind.value), table, kind)


@router.post(
    "/{table}/imports",
    status_code=202,
    response_model=ImportDocument,
    responses=answers(_JOB | {"state": "running"}, 403, 404, 409, 413, status=202),
    dependencies=[_WRITE],
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "The file: CSV in UTF-8, or XLSX.",
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "id,product,qty,due\nA-1001,P1,500,2027-01-15\n",
                },
                _MEDIA[FileKind.XLSX]: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
async def import_table(  # noqa: PLR0917 - FastAPI names what a route takes
    request: Request,
    office: Office,
    who: Who,
    table: Table,
    file: Annotated[str, Query(max_length=200, description="The file's name.")] = "file.csv",
    purpose: Annotated[
        Purpose, Query(description="`try` keeps nothing, `keep` all or nothing.")
    ] = Purpose.TRY,
) -> Response:
    """Read a file of a table; every mistake is told with its place and what would be right."""
    job = office.tables.start(
        table, file=file, content=await request.body(), purpose=purpose, by=who.name
    )
    place = {"location": f"/api/v1/tables/imports/{job.id}"}
    return JsonResponse(document(job), status_code=202, headers=place)


@router.get(
    "/imports/{import_id}",
    response_model=ImportDocument,
    responses=answers(_JOB, 404),
    dependencies=[_READ],
)
async def get_import(office: Office, import_id: Key) -> Response:
    """Tell how far an import is, and what is wrong with its file."""
    return JsonResponse(document(office.tables.job(import_id)))


def _file(content: bytes, name: str, kind: FileKind) -> Response:
    return Response(
        content,
        media_type=_MEDIA[kind],
        headers={"content-disposition": f'attachment; filename="{name}.{kind.value}"'},
    )
