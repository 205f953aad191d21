"""Notifications: who is told of issues, by which channel, until somebody acknowledges."""

from __future__ import annotations

from gateway.access.office import Office
from gateway.assembly.ground import Ground
from gateway.issues import IssueDesk
from gateway.notify.desk import NotifyDesk
from gateway.notify.office import make_notify
from gateway.store import Store
from web.options import WebOptions

_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared, not bound


async def open_notify(
    ground: Ground, store: Store, issues: IssueDesk, office: Office
) -> NotifyDesk:
    """Take up what a crash left behind, and start telling."""
    options = ground.options
    desk, post = make_notify(
        options.notify,
        store=store,
        clock=ground.clock,
        issues=issues,
        key=office.key.derive("links in notifications"),
        page=page_address(options.web),
        site=options.plant.site,
        time_zone=options.plant.time_zone,
        told=issues.refresh,
    )
    ground.opened.callback(post.close)
    await desk.engine.recover()
    ground.board.add_stage("notify", desk.engine.status)
    ground.board.add_remarks(desk.engine.problems)
    ground.start("notify", desk.engine.run())
    return desk


def page_address(web: WebOptions) -> str:
    """Return where people elsewhere reach the page, "" where the configuration does not say."""
    if web.public_url:
        return web.public_url.rstrip("/")
    if web.host in _ANYWHERE or not web.port:
        return ""
    scheme = "https" if web.tls is not None else "http"
    return f"{scheme}://{web.host}:{web.port}"
