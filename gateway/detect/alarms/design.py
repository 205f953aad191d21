"""Which machines are in a state in which the design suppresses an alarm."""

from __future__ import annotations

from gateway.detect.alarms.options import AlarmOptions
from gateway.errors import NotFoundError
from gateway.ports import Catalogue, LatestValues
from gateway.quality import severity


class DesignStates:
    """The newest good values by signal, as last looked at; a signal without one suppresses nothing."""

    def __init__(self, latest: LatestValues | None, catalogue: Catalogue | None) -> None:
        self._latest = latest
        self._catalogue = catalogue
        self._values: dict[int, float] = {}

    def look(self) -> None:
        """Take note of the newest values; cheap, and called from the event loop only."""
        if self._latest is None:
            return
        rows = self._latest.latest().rows
        good = severity(rows.quality) == 0
        self._values = dict(zip(rows.signal[good].tolist(), rows.value[good].tolist(), strict=True))

    def __call__(self, options: AlarmOptions, asset: str) -> bool:
        """Return whether an alarm of this machine means nothing now."""
        when = options.suppress_when
        if when is None or self._catalogue is None:
            return False
        path = when.signal if "/" in when.signal else f"{asset}/{when.signal}"
        try:
            index = self._catalogue.index(path)
        except NotFoundError:
            return False
        return self._values.get(index) in when.values
