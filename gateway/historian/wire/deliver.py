"""Lines to the server in requests it can take; a wrong line is found by bisection and left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.historian.wire.http import UnusableError


@dataclass(slots=True)
class Delivery:
    """How many lines one request holds; halves for good when the server finds a request too large."""

    send: Callable[[bytes], None]
    rows_per_request: int

    def deliver(self, lines: Sequence[bytes]) -> list[tuple[int, str]]:
        """Store all lines but the wrong ones; return the place of each wrong one and the server's reason.

        One wrong line among n costs at most 2 log2 n + 2 requests. Whatever the send raises beside
        `UnusableError` passes through: the caller then repeats everything, which changes nothing.
        """
        wrong: list[tuple[int, str]] = []
        start = 0
        while start < len(lines):
            end = min(start + self.rows_per_request, len(lines))
            self._try(lines, start, end, wrong)
            start = end
        return wrong

    def _try(
        self, lines: Sequence[bytes], start: int, end: int, wrong: list[tuple[int, str]]
    ) -> None:
        try:
            self.send(b"\n".join(lines[start:end]))
        except UnusableError as error:
            if end - start == 1:
                wrong.append((start, str(error)))
                return
            if error.too_large:
                self.rows_per_request = max(1, min(self.rows_per_request, (end - start + 1) // 2))
            self._halve(lines, start, end, wrong, too_large=error.too_large)

    def _halve(
        self,
        lines: Sequence[bytes],
        start: int,
        end: int,
        wrong: list[tuple[int, str]],
        *,
        too_large: bool,
    ) -> None:
        """Deliver lines of which some are known to be wrong (or too many for one request)."""
        middle = (start + end) // 2
        before = len(wrong)
        self._try(lines, start, middle, wrong)
        if len(wrong) == before and not too_large and end - middle > 1:
            # Nothing wrong on the left: it is on the right, which need not be tried whole.
            self._halve(lines, middle, end, wrong, too_large=False)
        else:
            self._try(lines, middle, end, wrong)
