"""The words of a PDF document as reportlab writes it."""

from __future__ import annotations

import base64
import re
import zlib


def pdf_text(data: bytes) -> str:
    """Return the texts that its pages draw, line by line."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)
    lines: list[bytes] = []
    for stream in streams:
        if not stream.rstrip().endswith(b"~>"):
            continue
        content = zlib.decompress(_a85(stream))
        lines += re.findall(rb"\((.*?)(?<!\\)\) Tj", content, re.DOTALL)
    joined = re.sub(rb"\\([0-7]{3})", lambda found: bytes([int(found[1], 8)]), b"\n".join(lines))
    return re.sub(rb"\\([()\\])", rb"\1", joined).decode("latin-1")


def _a85(stream: bytes) -> bytes:
    text = stream.strip()
    return base64.a85decode(text.removesuffix(b"~>"))
