"""`taktline verify-audit`: is the audit as it was written?"""

from __future__ import annotations

from pathlib import Path

from gateway.audit.port import Verdict
from gateway.audit.verify import verify
from gateway.commands.user import office_of


async def verify_audit(config: Path, anchor: Path | None) -> Verdict:
    """Walk the chain of a configuration's audit, against its anchor where there is one."""
    async with office_of(config) as (options, office):
        held = anchor or options.access.audit_anchor
        return await verify(office.store, key=office.key, anchor=held)
