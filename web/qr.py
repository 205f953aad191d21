"""A QR code as rows of dark and light, so that the page draws it without a picture from anywhere else."""

from __future__ import annotations

import segno


def qr_rows(text: str) -> list[str]:
    """Return one text a row, `1` dark and `0` light, without the quiet zone around it."""
    made = segno.make(text, error="m", micro=False)
    return ["".join("1" if each else "0" for each in row) for row in made.matrix]
