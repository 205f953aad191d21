"""Opens notifications on a store: every part of them, put together once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gateway.clock import Clock
from gateway.notify.contacts import Contacts
from gateway.notify.desk import NotifyDesk
from gateway.notify.engine import Engine
from gateway.notify.ladder import Ladder
from gateway.notify.links import Links
from gateway.notify.options import NotifyOptions
from gateway.notify.plan import Planner
from gateway.notify.post import Post
from gateway.notify.recipients import Recipients
from gateway.notify.reminders import Reminders
from gateway.ports import Issues
from gateway.store import Store


def make_notify(
    options: NotifyOptions,
    *,
    store: Store,
    clock: Clock,
    issues: Issues,
    key: bytes,
    page: str,
    site: str,
    time_zone: str,
    told: Callable[[], Awaitable[None]],
) -> tuple[NotifyDesk, Post]:
    """Return the desk and the post to close in the end; `await desk.engine.recover()` before `desk.engine.run()`.

    `key` signs links, `page` is where people reach the page ("" puts no link into messages), `told` is called
    after the issues' history was added to.
    """
    contacts = Contacts(options, time_zone=time_zone)
    recipients = Recipients(options, time_zone=time_zone)
    links = Links(key)
    post = Post(
        options, store=store, clock=clock, contacts=contacts, links=links, page=page, site=site
    )
    engine = Engine(
        options,
        store=store,
        clock=clock,
        ladder=Ladder(options, recipients=recipients, contacts=contacts),
        reminders=Reminders(options, recipients=recipients, contacts=contacts, time_zone=time_zone),
        planner=Planner(options, contacts=contacts, site=site, time_zone=time_zone),
        post=post,
        told=told,
    )
    desk = NotifyDesk(
        options,
        store=store,
        clock=clock,
        issues=issues,
        contacts=contacts,
        recipients=recipients,
        links=links,
        post=post,
        engine=engine,
        site=site,
    )
    return desk, post
