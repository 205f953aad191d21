"""Files of an issue: bounded, looked into for what they are, and given back so that no browser runs them."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from typing import Any, Final

import puremagic
from sqlalchemy import Connection, Row, delete, func, insert, select

from gateway.corrective import Attachment
from gateway.deviation import ENDED, IssueState
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.case.rows import LISTED
from gateway.issues.opening.options import AttachmentOptions
from gateway.issues.records import add_event
from gateway.store.issue_tables import issue_attachment as table

KNOWN: Final = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/webp": (".webp",),
    "application/pdf": (".pdf",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (".xlsx",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (".docx",),
    "text/plain": (".txt", ".log"),
    "text/csv": (".csv",),
}
"""What may be attached, by the ends of its name: pictures, documents and tables, nothing that runs."""

_OFFICE: Final = {
    ".xlsx": (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xl/workbook.xml",
    ),
    ".docx": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "word/document.xml",
    ),
}
"""Office documents by the ends of their names, with the part that makes them one."""

_TYPES: Final = "[Content_Types].xml"
_RUNS: Final = ("vbaproject.bin", ".exe", ".dll", ".js", ".vbs", ".bat", ".cmd", ".ps1", ".bin")
"""Parts of an archive that hold what runs; embedded objects (.bin) may."""
_NAME_LENGTH: Final = 120
_LOOKED_AT: Final = 4096


def sniffed(name: str, data: bytes) -> str:
    """Return the media type that the content is; raises `InvalidRequestError` where that may not be attached."""
    ending = "." + name.rpartition(".")[2].lower() if "." in name else ""
    media = _media(data, ending)
    ends = KNOWN.get(media, ())
    if not ends:
        allowed = ", ".join(sorted(end for each in KNOWN.values() for end in each))
        raise InvalidRequestError(f"file: this is {media or 'nothing known'}, want {allowed}")
    if ending not in ends:
        raise InvalidRequestError(
            f"file: the content is {media}, but the name ends in {ending or 'nothing'},"
            f" want {' or '.join(ends)}"
        )
    return media


def _media(data: bytes, ending: str) -> str:
    if data.startswith(b"PK\x03\x04"):
        return _packed(data, ending)
    if _is_text(data):
        return "text/csv" if ending == ".csv" else "text/plain"
    try:
        found = str(puremagic.from_string(data[:_LOOKED_AT], mime=True))
    except (puremagic.PureError, ValueError):
        return ""
    # What was not found to be plain words above is none, whatever its first bytes promise.
    return "text that is not plain UTF-8" if found.startswith("text/") else found


def _packed(data: bytes, ending: str) -> str:
    """Return what an archive is by its list of parts, which are not unpacked."""
    media, main = _OFFICE.get(ending, ("", ""))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [name.lower() for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError):
        return "a damaged archive"
    if _TYPES.lower() not in names or main not in names:
        return "application/zip"
    return "a document with macros" if any(n.endswith(_RUNS) for n in names) else media


def _is_text(data: bytes) -> bool:
    """Tell whether it is plain words: UTF-8 without control characters, and no markup that a browser would run."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    start = text.lstrip("\ufeff \t\r\n")[:64].lower()
    marked = start.startswith(("<", "%pdf", "%!ps", "#!", "{\\rtf"))
    return not marked and all(c.isprintable() or c in "\n\r\t\ufeff" for c in text)


def clean_name(name: str) -> str:
    """Return a file's name without folders and without anything a file system or a header would stumble on."""
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(c if c.isalnum() or c in " .-_()" else "_" for c in last).strip(" .")
    stem, dot, ending = kept.rpartition(".")
    short = f"{stem[: _NAME_LENGTH - 10]}{dot}{ending[:9]}"
    if not stem and not ending:
        raise InvalidRequestError("file: has no name")
    return short


def add(
    connection: Connection,
    row: Row[Any],
    *,
    name: str,
    data: bytes,
    options: AttachmentOptions,
    by: str,
    now_ns: int,
) -> int:
    """Attach a file; return its id. Raises `ConflictError`, `InvalidRequestError`."""
    if IssueState(row.state) in ENDED:
        raise ConflictError(f"issue {row.number} is {row.state}: reopen it to attach files")
    most = round(options.max_mb * 1_000_000)
    if not 0 < len(data) <= most:
        raise InvalidRequestError(f"file: {len(data)} bytes, want 1 to {most}")
    kept_as = clean_name(name)
    media = sniffed(kept_as, data)
    ours = table.c.issue == row.number
    count, newest = connection.execute(select(func.count(), func.max(table.c.id)).where(ours)).one()
    if count >= options.most:
        raise ConflictError(f"issue {row.number} has {count} files, the most there may be")
    made: dict[str, Any] = {
        "issue": row.number,
        "id": int(newest or 0) + 1,
        "name": kept_as,
        "media": media,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "data": data,
        "added_by": by,
        "added_ns": now_ns,
    }
    connection.execute(insert(table).values(**made))
    detail = {key: made[key] for key in ("id", "name", "media", "size", "sha256")}
    detail["version"] = row.version + 1
    add_event(connection, row.number, time_ns=now_ns, action="file_added", by=by, detail=detail)
    return int(made["id"])


def read(connection: Connection, number: int, which: int) -> tuple[Attachment, bytes]:
    """Return a file with its content; raises `NotFoundError`."""
    ours = (table.c.issue == number) & (table.c.id == which)
    row = connection.execute(select(*LISTED, table.c.data).where(ours)).mappings().first()
    if row is None:
        raise NotFoundError(f"issue {number} has no file {which}")
    fields = dict(row)
    data = bytes(fields.pop("data"))
    return Attachment(**fields), data


def remove(connection: Connection, row: Row[Any], which: int, *, by: str, now_ns: int) -> None:
    """Take a file away; its hash stays in the history. Raises `NotFoundError`, `ConflictError`."""
    if IssueState(row.state) in ENDED:
        raise ConflictError(f"issue {row.number} is {row.state}: its files stay")
    found, _ = read(connection, row.number, which)
    connection.execute(delete(table).where(table.c.issue == row.number, table.c.id == which))
    detail = {"id": which, "name": found.name, "sha256": found.sha256, "version": row.version + 1}
    add_event(connection, row.number, time_ns=now_ns, action="file_removed", by=by, detail=detail)
