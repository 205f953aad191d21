"""Messages on their way out, by a real mail server and a verifying webhook: outages, refusals, secrets, links."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.clock import ManualClock
from gateway.errors import BackOffError, ConflictError, InvalidRequestError, NotFoundError
from gateway.logs import quiet_libraries
from gateway.notice import ChannelState, DeliveriesWanted, DeliveryState
from gateway.notify.channels.webhook import signature, verify
from gateway.notify.links import Links
from gateway.store import Store
from tests.peers.notify import SECRET, Bench, Hook, MailBox, bench, hook, mail_text

ALL = DeliveriesWanted(limit=1000)
PASSWORD = "canary-password-of-the-mail-server"
TEAM = {"members": ["anna"]}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/state.db")
    yield opened
    await opened.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def mail() -> Iterator[MailBox]:
    with MailBox() as box:
        yield box


@pytest.fixture
def receiver(clock: ManualClock) -> Iterator[Hook]:
    with hook(clock) as server:
        yield server


def by_mail(box: MailBox, **more: Any) -> dict[str, Any]:
    channel = {
        "type": "mail",
        "host": "127.0.0.1",
        "port": box.port,
        "security": "none",
        "sender": "taktline@demo.example",
    }
    return {
        "allowed_hosts": ["127.0.0.1"],
        "channels": {"mail": channel | more},
        "people": {"anna": {"mail": "anna@demo.example"}},
        "teams": {"l1": TEAM},
    }


def by_hook(server: Hook, **more: Any) -> dict[str, Any]:
    channel = {"type": "webhook", "url": server.url, "secret": SECRET}
    return {
        "allowed_hosts": ["127.0.0.1"],
        "channels": {"mes": channel | more},
        "teams": {"l1": TEAM | {"channels": ["mes"]}},
    }


async def outside(desk: Bench) -> list[Any]:
    return [each for each in await desk.desk.deliveries(ALL) if each.channel != "screen"]


async def test_a_mail_tells_what_where_and_how_to_acknowledge(
    store: Store, clock: ManualClock, mail: MailBox
) -> None:
    desk = await bench(store, clock, by_mail(mail))
    await desk.raised(title="Füllgewicht ≠ 500 g")
    await desk.settle()
    (message,) = mail.mails
    assert message["To"] == "anna@demo.example"
    assert "Füllgewicht ≠ 500 g" in str(message["Subject"])
    text = mail_text(message)
    assert "at demo/packaging/l1/filler: is new (01 Jan 01:00 CET)" in text
    link = re.search(r"https://floor\.example/acknowledge#(\S+)", text)
    assert link is not None
    offer = await desk.desk.offer(link[1])
    assert (offer.issue, offer.person, offer.done) == (1, "anna", "")
    assert (await desk.issues.get(1)).state == "open", "looking changes nothing"
    who, issue = await desk.desk.redeem(link[1])
    assert (who.name, who.kind, issue.state) == ("anna", "link", "triage")
    assert (await desk.desk.offer(link[1])).done == "Issue 1 is in state triage already."
    with pytest.raises(ConflictError):
        await desk.desk.redeem(link[1])
    assert link[1] not in str(await desk.desk.deliveries(ALL)), "the log holds no link"


async def test_a_link_is_good_for_its_time_purpose_and_signature_alone(
    store: Store, clock: ManualClock, mail: MailBox
) -> None:
    desk = await bench(store, clock, by_mail(mail) | {"link_s": 600})
    await desk.raised()
    await desk.settle()
    secret = re.search(r"#(tka_\S+)", mail_text(mail.mails[0]))[1]
    text, _, mac = secret.partition(".")
    for wrong in (
        "",
        "tka_",
        "x" * 500,
        f"{text}.{mac[:-1]}",
        f"{text[:-2]}AA.{mac}",
        f"tkl_{secret[4:]}",
        secret + "é",
    ):
        with pytest.raises(InvalidRequestError):
            await desk.desk.offer(wrong)
    links = Links(b"another key of this installation")
    with pytest.raises(InvalidRequestError, match="damaged"):
        links.read(secret, now_ns=clock.now_ns())
    await clock.advance(600)
    with pytest.raises(InvalidRequestError, match="time is over"):
        await desk.desk.redeem(secret)


async def test_a_mail_server_that_is_away_for_hours_is_tried_again_and_told_in_health(
    store: Store, clock: ManualClock
) -> None:
    mail = MailBox()
    desk = await bench(store, clock, by_mail(mail))
    await desk.raised()
    await desk.settle()
    tries = 0
    for _ in range(40):
        await desk.advance(600)
        tries = (await outside(desk))[0].tries
    assert 10 < tries <= 41, "it is asked more rarely, and never given up too early"
    waiting = (await outside(desk))[0]
    assert waiting.state is DeliveryState.WAITING
    assert "refused" in waiting.error.lower(), waiting.error
    (problem,) = desk.desk.engine.problems()
    assert "channel mail fails" in problem
    assert desk.desk.engine.status().figures["channels_failing"] == 1
    with mail:
        await desk.advance(900)
        await desk.advance(900)
    assert (await outside(desk))[0].state is DeliveryState.SENT
    assert len(mail.mails) == 1
    assert desk.desk.engine.problems() == []


async def test_a_server_that_hangs_up_or_refuses_holds_up_no_other_channel(
    store: Store, clock: ManualClock, mail: MailBox, receiver: Hook
) -> None:
    both = by_mail(mail)
    hooked = by_hook(receiver)
    both["channels"] |= hooked["channels"]
    both["teams"] = hooked["teams"]
    mail.refuse = "451 later"
    desk = await bench(store, clock, both)
    await desk.raised()
    await desk.settle()
    states = {each.channel: each.state for each in await outside(desk)}
    assert states == {"mail": DeliveryState.WAITING, "mes": DeliveryState.SENT}
    assert receiver.taken[0]["issues"] == [1]


async def test_after_a_day_a_message_is_given_up_and_can_be_sent_again(
    store: Store, clock: ManualClock
) -> None:
    mail = MailBox()
    desk = await bench(store, clock, by_mail(mail))
    await desk.raised()
    await desk.settle()
    message = (await outside(desk))[0].id
    with pytest.raises(ConflictError, match="only what was given up"):
        await desk.desk.retry(message)
    await desk.advance(86_400)
    assert (await outside(desk))[0].state is DeliveryState.FAILED
    with mail:
        assert (await desk.desk.retry(message)).state is DeliveryState.WAITING
        await desk.advance(300)
    assert (await outside(desk))[0].state is DeliveryState.SENT
    with pytest.raises(NotFoundError):
        await desk.desk.retry(999)


async def test_webhooks_are_signed_and_a_replay_is_refused(
    store: Store, clock: ManualClock, receiver: Hook
) -> None:
    desk = await bench(store, clock, by_hook(receiver))
    await desk.raised()
    await desk.settle()
    (taken,) = receiver.taken
    assert (taken["severity"], taken["site"], taken["version"]) == ("P2", "demo", 1)
    key, header, body = receiver.tries[0]
    assert json.loads(body)["id"] == key
    receiver.judge(key, header, body)
    assert len(receiver.taken) == 1, "the same key once"
    assert receiver.judge("another", header, body) == 401
    assert receiver.judge(key, header, body + b" ") == 401
    await clock.advance(301)
    assert receiver.judge(key, header, body) == 401
    assert receiver.refusals == [
        "the signature does not fit",
        "the signature does not fit",
        "too old or from the future",
    ]


def _by_openssl(signed: bytes) -> str:
    """Return the HMAC as a tool of others computes it."""
    command = ["openssl", "dgst", "-sha256", "-hmac", "s" * 32, "-hex"]
    done = subprocess.run(command, input=signed, capture_output=True, check=True)
    return done.stdout.decode().split()[-1]


def test_the_signature_is_what_the_documentation_says() -> None:
    header = signature("s" * 32, time_s=1_700_000_000, key="k1", body=b'{"a":1}')
    mac = _by_openssl(b'1700000000.k1.{"a":1}')
    assert header == f"t=1700000000,v1={mac}"
    body = b'{"a":1}'
    for secret, shown, said in (
        ("s" * 32, header, None),
        ("t" * 32, header, "the signature does not fit"),
        ("s" * 32, "v1=x", "no time"),
    ):
        assert verify(secret, header=shown, key="k1", body=body, now_s=1_700_000_100) == said


async def test_a_webhooks_answer_decides(store: Store, clock: ManualClock, receiver: Hook) -> None:
    desk = await bench(store, clock, by_hook(receiver))
    receiver.status, receiver.retry_after = 429, "1200"
    await desk.raised()
    await desk.settle()
    told = (await outside(desk))[0]
    assert told.due_ns - clock.now_ns() == 1_200_000_000_000
    await desk.advance(1199)
    assert len(receiver.tries) == 1
    receiver.status, receiver.retry_after = 403, ""
    await desk.advance(1)
    told = (await outside(desk))[0]
    assert (told.state, told.error) == (DeliveryState.WAITING, "the receiver answered 403")
    receiver.status = 200
    await desk.advance(900)
    assert (await outside(desk))[0].state is DeliveryState.SENT
    assert len({key for key, _, _ in receiver.tries}) == 1, "every try has the same key"


async def test_an_undeclared_host_is_refused_wherever_it_comes_from(
    store: Store, clock: ManualClock, receiver: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=r"mes: 127\.0\.0\.1 is not declared"):
        await bench(store, clock, by_hook(receiver) | {"allowed_hosts": []})
    where = receiver.url.removeprefix("http://")
    options = by_hook(receiver)
    options["allowed_hosts"] = ["127.0.0.1", "169.254.169.254"]
    options["channels"] = {
        # A service of Apprise whose host the settings do not say.
        "service": {"type": "apprise", "url": f"json://{where.replace('127.0.0.1', 'localhost')}"},
        "metadata": {"type": "webhook", "url": "http://169.254.169.254/x", "secret": SECRET},
        "turned": {"type": "webhook", "url": receiver.url, "secret": SECRET},
        "apprise": {"type": "apprise", "url": f"json://{where}"},
    }
    options["teams"] = {"l1": TEAM}
    desk = await bench(store, clock, options)

    async def tested(name: str) -> tuple[str, str]:
        await clock.advance(10)
        found = await desk.desk.test(name, by="anna")
        return found.state.value, found.error

    assert await tested("service") == ("failed", "localhost is not among notify.allowed_hosts")
    assert await tested("metadata") == (
        "failed",
        "169.254.169.254 is an address that nobody is told at",
    )
    receiver.status, receiver.location = 307, receiver.url.replace("127.0.0.1", "localhost")
    assert await tested("turned") == ("failed", "the receiver answered 307")
    assert (await tested("apprise"))[0] == "failed", "a redirect is not followed"
    receiver.status, receiver.location = 200, ""
    monkeypatch.setenv("HTTP_PROXY", "http://localhost:9")
    monkeypatch.setenv("http_proxy", "http://localhost:9")
    state, error = await tested("apprise")
    assert (state, error) == ("failed", "localhost is not among notify.allowed_hosts")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the product's log would hold at its most talkative."""
    kept = io.StringIO()
    handler = logging.StreamHandler(kept)
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    quiet_libraries()
    yield kept
    root.removeHandler(handler)
    root.setLevel(before)


async def test_secrets_are_in_no_log_error_or_answer(
    store: Store, clock: ManualClock, written: io.StringIO
) -> None:
    token = "canarytokenA1B2/canarytokenC3D4"
    options = by_mail(MailBox(), user="taktline", password=PASSWORD)
    options["allowed_hosts"] = ["127.0.0.1"]
    options["channels"] |= {
        "service": {"type": "apprise", "url": f"jsons://user:canarypass99@127.0.0.1:1/{token}"},
        "mes": {"type": "webhook", "url": "http://127.0.0.1:1/x", "secret": SECRET},
        "unknown": {"type": "apprise", "url": "nosuch://canarytokenE5F6"},
    }
    desk = await bench(store, clock, options)
    said = []
    for name in options["channels"]:
        await clock.advance(10)
        found = await desk.desk.test(name, by="anna")
        assert found.state is DeliveryState.FAILED
        assert found.error
        said.append(str(found))
    said += [str(await desk.desk.channels()), written.getvalue(), *desk.desk.engine.problems()]
    assert "the channel mail fails" in written.getvalue()
    for canary in (PASSWORD, SECRET, "canarypass99", "canarytoken"):
        assert canary not in "\n".join(said), canary
    assert {each.state for each in await desk.desk.channels()} == {
        ChannelState.UNTRIED,
        ChannelState.FAILING,
    }


async def test_a_test_goes_to_oneself_at_once_and_not_too_often(
    store: Store, clock: ManualClock, mail: MailBox
) -> None:
    desk = await bench(store, clock, by_mail(mail))
    done = await desk.desk.test("mail", by="anna")
    assert (done.state, done.kind, len(mail.mails)) == (DeliveryState.SENT, "test", 1)
    with pytest.raises(BackOffError):
        await desk.desk.test("screen", by="anna")
    with pytest.raises(InvalidRequestError, match="give your address"):
        await desk.desk.test("mail", by="ben")
    with pytest.raises(NotFoundError, match="there are: mail, screen"):
        await desk.desk.test("pigeon", by="cem")


async def test_a_channel_keeps_its_rate(store: Store, clock: ManualClock, mail: MailBox) -> None:
    options = by_mail(mail, per_minute=2)
    people = [f"p{n}" for n in range(5)]
    options |= {
        "people": {p: {"mail": f"{p}@demo.example"} for p in people},
        "teams": {"l1": {"members": people}},
    }
    desk = await bench(store, clock, options)
    await desk.raised()
    await desk.settle()
    assert len(mail.mails) == 2
    await desk.advance(29)
    assert len(mail.mails) == 2
    await desk.advance(1)
    assert len(mail.mails) == 3
    await desk.advance(60)
    assert len(mail.mails) == 5
    assert {str(m["To"]) for m in mail.mails} == {f"{p}@demo.example" for p in people}


async def test_a_channel_that_is_no_longer_configured_gives_up_what_waits(
    store: Store, clock: ManualClock
) -> None:
    desk = await bench(store, clock, by_mail(MailBox()))
    await desk.raised()
    await desk.settle()
    again = await bench(store, clock, {"teams": {"l1": TEAM}})
    assert (await outside(again))[0].state is DeliveryState.FAILED
