"""Files as rows of text: CSV as written, XLSX with formulas as their values."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import PurePath
from typing import Any, Final

from gateway.errors import InvalidRequestError

MAX_BYTES: Final = 50_000_000
MAX_UNPACKED: Final = 400_000_000
MAX_ROWS: Final = 1_000_000
_ZIP: Final = b"PK\x03\x04"
_LEADS: Final = ("=", "+", "-", "@", "\t", "\r")

Row = tuple[str, Sequence[str]]
"""Where a row stands (`orders.csv:17`, `routing.xlsx!Ops:9`) and its cells."""


def rows(name: str, content: bytes) -> Iterator[Row]:
    """Yield a file's rows, the headings first; empty rows are left out.

    Raises `InvalidRequestError` for what is neither UTF-8 CSV nor XLSX, or is too large.
    """
    shown = shown_name(name)
    if len(content) > MAX_BYTES:
        raise InvalidRequestError(f"{shown} is larger than {MAX_BYTES // 1_000_000} MB")
    found = _xlsx(shown, content) if content.startswith(_ZIP) else _csv(shown, content)
    for number, (where, cells) in enumerate(found):
        if number > MAX_ROWS:
            raise InvalidRequestError(f"{shown} has more than {MAX_ROWS:,} rows")
        stripped = [_plain(each.strip()) for each in cells]
        if any(stripped):
            yield where, stripped


def shown_name(name: str) -> str:
    """Return a file's name for a sentence: without its folders and what could break a line."""
    return "".join(each for each in PurePath(name).name if each.isprintable())[:100] or "file"


def _plain(cell: str) -> str:
    """Take away the quote that an export put before what a spreadsheet would run."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_LEADS) else cell


def _csv(name: str, content: bytes) -> Iterator[Row]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidRequestError(
            f"{name}:{line} is not UTF-8: save it as CSV UTF-8 (byte {error.start})"
        ) from error
    if "\0" in text:
        raise InvalidRequestError(f"{name} holds zero bytes: it is no CSV")
    headings = text.partition("\n")[0]
    delimiter = ";" if headings.count(";") > headings.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InvalidRequestError(f"{name}:{line} cannot be read: {error}") from error
        yield f"{name}:{line}", cells


def _xlsx(name: str, content: bytes) -> Iterator[Row]:
    from openpyxl import load_workbook  # noqa: PLC0415 - 0.2 s that only who imports XLSX pays

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise InvalidRequestError(f"{name} unpacks to more than 400 MB")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, SyntaxError, EOFError) as error:
        raise InvalidRequestError(f"{name} cannot be read as XLSX: {error}") from error
    try:
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            yield f"{name}!{sheet.title}:{number}", [_as_text(each) for each in cells]
    finally:
        book.close()


def _as_text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        whole_day = cell.time() == time()
        return cell.date().isoformat() if whole_day else cell.isoformat(" ", "minutes")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def neutral(cell: object) -> str:
    """Return a cell for export: text that a spreadsheet would run as a formula gets a quote before it."""
    if cell is None:
        return ""
    if isinstance(cell, str) and cell.startswith(_LEADS):
        return f"'{cell}"
    return str(cell)


def to_csv(headings: Sequence[str], lines: Sequence[Sequence[object]]) -> bytes:
    """Return a table as CSV: UTF-8, commas, formula cells made harmless."""
    made = io.StringIO(newline="")
    writer = csv.writer(made, lineterminator="\r\n")
    writer.writerow(headings)
    for line in lines:
        writer.writerow([neutral(each) for each in line])
    return made.getvalue().encode()


def to_xlsx(title: str, headings: Sequence[str], lines: Sequence[Sequence[object]]) -> bytes:
    """Return a table as XLSX; text stays text, whatever it begins with."""
    from openpyxl import Workbook  # noqa: PLC0415 - 0.2 s that only who exports XLSX pays

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.append(list(headings))
    for line in lines:
        sheet.append([neutral(each) if isinstance(each, str) else each for each in line])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
