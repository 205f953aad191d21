"""Which files may be attached: by what they are, not by what they are called, and only so large and so many."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.errors import ConflictError, InvalidRequestError
from gateway.issues.case.files import KNOWN, clean_name, sniffed
from gateway.issues.lifecycle import IssueAction
from gateway.store import Store
from tests.peers.cases import ANNA, CaseBench

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb0043")
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<<>>endobj\n%%EOF\n"


def packed(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return held.getvalue()


XLSX = packed("[Content_Types].xml", "xl/workbook.xml")
DOCX = packed("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.png", PNG),
        ("a.JPG", JPEG),
        ("a.webp", WEBP),
        ("a.pdf", PDF),
        ("a.xlsx", XLSX),
        ("a.docx", DOCX),
        ("a.txt", "Füllgewicht ≥ 500 g\r\n".encode()),
        ("a.log", b"12:00 leak\n"),
        ("a.csv", b"time;weight\n1;500\n"),
    ],
)
def test_what_is_what_its_name_says_is_taken(name: str, data: bytes) -> None:
    assert f".{name.split('.')[1].lower()}" in KNOWN[sniffed(name, data)]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.pdf", PNG, "content is image/png, but the name ends in .pdf, want .png"),
        ("a.png", PDF, "content is application/pdf"),
        ("a", PNG, "the name ends in nothing"),
        ("a.txt", b"<script>alert(1)</script>", "want .csv"),
        ("a.txt", b"\xef\xbb\xbf  <!DOCTYPE html><p>", "want .csv"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>', "want .csv"),
        ("a.txt", b"#!/bin/sh\nrm -r /", "want .csv"),
        ("a.txt", b"a\x00b", "want .csv"),
        ("a.txt", "a\u202etxt.exe".encode(), "want .csv"),
        ("a.txt", b"\xff\xfea\x00", "text that is not plain UTF-8"),
        ("a.png", b"MZ\x90\x00\x03\x00\x00\x00", "want .csv"),
        ("a.txt", b"\x7fELF\x02\x01\x01", "want .csv"),
        ("a.xlsx", packed("xl/workbook.xml"), "this is application/zip"),
        ("a.xlsx", DOCX, "this is application/zip"),
        ("a.zip", XLSX, "this is application/zip"),
        ("a.xlsx", b"PK\x03\x04xl/workbook.xml[Content_Types].xml", "a damaged archive"),
        (
            "a.docx",
            packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "a document with macros",
        ),
        ("a.png", b"", "want .txt or .log"),
    ],
)
def test_what_is_something_else_is_refused_with_what_it_is(
    name: str, data: bytes, told: str
) -> None:
    with pytest.raises(InvalidRequestError, match=rf"file: .*{told.replace('.', '[.]')}"):
        sniffed(name, data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/seal.png", "seal.png"),
        ("C:\\temp\\seal.png", "seal.png"),
        ('a"b\r\nc<d>.png', "a_b__c_d_.png"),
        ("x" * 300 + ".png", "x" * 110 + ".png"),
    ],
)
def test_names_hold_nothing_that_a_header_or_a_disk_stumbles_on(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[CaseBench]:
    store = await Store.open(f"sqlite:///{tmp_path}/state.db")
    options = {"attachments": {"max_mb": 0.0001, "most": 2}}
    yield await CaseBench(store, options).open()
    await store.close()


async def test_files_are_bounded_in_size_and_number_and_stay_with_what_has_ended(
    bench: CaseBench,
) -> None:
    number = await bench.spell()
    for data in (b"", b"a" * 101):
        with pytest.raises(InvalidRequestError, match="want 1 to 100"):
            await bench.office.attach(number, name="a.txt", data=data, by=ANNA)
    for turn in range(2):
        await bench.office.attach(number, name=f"{turn}.txt", data=b"a" * 100, by=ANNA)
    with pytest.raises(ConflictError, match="has 2 files, the most"):
        await bench.office.attach(number, name="3.txt", data=b"a", by=ANNA)
    await bench.office.act(number, IssueAction.REJECT, by=ANNA, reason="noise")
    with pytest.raises(ConflictError, match="its files stay"):
        await bench.office.remove_attachment(number, 1, by=ANNA)
    assert len((await bench.office.case(number)).attachments) == 2
