"""Opens the audit and the access desk on a store, with this installation's key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gateway.access.desk import AccessDesk
from gateway.access.oidc.fetch import HttpFetch
from gateway.access.oidc.provider import OidcProvider
from gateway.access.options import AccessOptions
from gateway.access.passkeys import PasskeyDesk
from gateway.audit import rows
from gateway.audit.key import InstallKey
from gateway.audit.log import AuditLog
from gateway.audit.port import Wanted
from gateway.audit.syslog import SyslogAnchor
from gateway.clock import Clock
from gateway.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The desk with its further ways in, its audit, the key they derive theirs from, and the store they stand on."""

    desk: AccessDesk
    audit: AuditLog
    key: InstallKey
    store: Store
    passkeys: PasskeyDesk
    provider: OidcProvider | None = None

    def close(self) -> None:
        """Let go of the threads that hash passwords."""
        self.desk.passwords.close()


async def open_office(
    store: Store, options: AccessOptions, *, data_dir: Path, clock: Clock, site: str
) -> Office:
    """Open all of it; raises `ConfigError` where the key is missing, damaged or readable by others."""
    path = options.key_file or data_dir / "keys" / "install.key"
    # A new key beside an audit that another key made would turn every entry into a forgery.
    fresh = options.key_file is None and not await store.run(
        lambda connection: rows.find(connection, Wanted(limit=1))
    )
    key = InstallKey.create(path) if fresh else InstallKey.load(path)
    syslog = SyslogAnchor(options.audit_syslog) if options.audit_syslog else None
    audit = AuditLog(store, key=key, clock=clock, anchor=options.audit_anchor, syslog=syslog)
    desk = AccessDesk(store, audit=audit, key=key, clock=clock, options=options, site=site)
    passkeys = PasskeyDesk(desk, store=store, key=key, clock=clock, site=site)
    provider = None
    if options.oidc is not None:
        fetch = HttpFetch(options.oidc.hosts, ca_file=options.oidc.ca_file)
        provider = OidcProvider(
            options.oidc, desk=desk, store=store, key=key, clock=clock, fetch=fetch
        )
    return Office(
        desk=desk, audit=audit, key=key, store=store, passkeys=passkeys, provider=provider
    )
