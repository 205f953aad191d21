"""Opens the audit and the access desk on a store, with this installation's key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.access.desk import AccessDesk
from gateway.access.options import AccessOptions
from gateway.audit import rows
from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Wanted
from gateway.audit.syslog import SyslogAnchor
from gateway.clock import Clock
from gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The desk, its audit, the key that both derive theirs from, and the store they stand on."""

    desk: AccessDesk
    audit: AuditLog
    key: InstallKey
    store: Store

    def close(self) -> None:
        """Let go of the threads that hash passwords."""
        self.desk.passwords.close()


async def open_office(
    store: Store, options: AccessOptions, *, data_dir: Path, clock: Clock, site: str
) -> Office:
    """Open both; raises `ConfigError` where the key is missing, damaged or readable by others."""
    path = options.key_file or data_dir / "keys" / "install.key"
    # A new key beside an audit that another key made would turn every entry into a forgery.
    fresh = options.key_file is None and not await store.run(
        lambda connection: rows.find(connection, Wanted(limit=1))
    )
    key = InstallKey.create(path) if fresh else InstallKey.load(path)
    syslog = SyslogAnchor(options.audit_syslog) if options.audit_syslog else None
    audit = AuditLog(store, key=key, clock=clock, anchor=options.audit_anchor, syslog=syslog)
    desk = AccessDesk(store, audit=audit, key=key, clock=clock, options=options, site=site)
    return Office(desk=desk, audit=audit, key=key, store=store)
