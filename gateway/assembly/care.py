"""What people make and decide: boards, remarks, dead letters read again, unknown sources adopted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.assembly.ground import Ground
from gateway.boards import BoardDesk
from gateway.care import AdoptionDesk, LetterDesk, RemarkDesk
from gateway.care.adopt import Reload
from gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """The desks of what people make and decide."""

    boards: BoardDesk
    remarks: RemarkDesk
    letters: LetterDesk
    adoption: AdoptionDesk


async def open_care(ground: Ground, store: Store, *, config: Path | None, reload: Reload) -> Care:
    """Open the desks; `config` is the file or folder that a mapping may be written into."""
    remarks = RemarkDesk(store=store, clock=ground.clock)
    return Care(
        boards=await BoardDesk.open(store=store, clock=ground.clock),
        remarks=remarks,
        letters=LetterDesk(
            ledger=ground.ledger,
            remarks=remarks,
            history=ground.historian,
            again=ground.connections,
        ),
        adoption=AdoptionDesk(
            config=config,
            site=ground.options.plant.site,
            health=ground.board,
            reload=reload,
        ),
    )
