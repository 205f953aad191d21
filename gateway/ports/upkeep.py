"""How people act on connectors, dead letters, gaps and unknown sources. None of it writes to a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.model import Principal
from gateway.upkeep import Adopted, MappingWish, Mark, Proposal, Remark, Retried, Subject


class Remarks(Protocol):
    """What people decided about entries that the gateway keeps."""

    async def of(self, subject: Subject) -> Mapping[str, Remark]:
        """Return every remark about a kind of entry, by the entry's key."""
        ...

    async def put(
        self, subject: Subject, keys: Sequence[str], *, mark: Mark, reason: str, by: Principal
    ) -> None:
        """Note a decision about entries, in the place of an earlier one."""
        ...

    async def remove(self, subject: Subject, key: str) -> None:
        """Take a remark back; there may be none."""
        ...


class Switches(Protocol):
    """Connectors as people switch them; a restart of the gateway or a reload switches every one on again."""

    async def restart(self, name: str, *, by: Principal) -> None:
        """End a connector's connection and connect at once; raises `NotFoundError`, `ConflictError` where it is off."""
        ...

    async def disable(self, name: str, *, reason: str, by: Principal) -> None:
        """Switch a connector off; raises `NotFoundError`, `ConflictError` where it is off already."""
        ...

    async def enable(self, name: str, *, by: Principal) -> None:
        """Switch a connector on; raises `NotFoundError`, `ConflictError` where it is on."""
        ...


class Letters(Protocol):
    """Dead letters as people work through them."""

    async def retry(self, numbers: Sequence[int], *, by: Principal) -> Sequence[Retried]:
        """Read letters once more by today's mappings, in the order asked; raises `NotFoundError`."""
        ...

    async def dismiss(self, numbers: Sequence[int], *, reason: str, by: Principal) -> None:
        """Note that letters are of no use; their bytes are kept as before. Raises `NotFoundError`."""
        ...


class Adoption(Protocol):
    """Mappings for sources that sent data without being configured."""

    def propose(self, connector: str, source: str) -> Proposal:
        """Return the mapping that the newest sample suggests; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    def text(self, connector: str, wish: MappingWish) -> str:
        """Return a mapping as the YAML fragment that it would be; raises `NotFoundError`, `InvalidRequestError`."""
        ...

    async def adopt(self, connector: str, wish: MappingWish, *, by: Principal) -> Adopted:
        """Write the fragment into the configuration's folder and reload; nothing is left where that is refused.

        Raises `NotFoundError`, `InvalidRequestError` with every mistake, `ConflictError`.
        """
        ...
