"""Notifications over REST: what is told of channels and teams, one's own wishes, and links that need no sign-in."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from gateway.access.rights import Grant, Role
from gateway.deviation import IssueState
from tests.peers.access import House, house
from tests.peers.web_notify import MemoryNotifications


def desk(home: House) -> MemoryNotifications:
    found = home.plant.services.notifications
    assert isinstance(found, MemoryNotifications)
    return found


async def unacknowledged(home: House) -> int:
    """Return an issue that nobody has taken note of."""
    found = await home.plant.services.issues.list(states=[IssueState.OPEN], limit=1)
    return found[0].number


@pytest.fixture
async def home(tmp_path: Path):
    async with house(tmp_path) as opened:
        await opened.person("anna", Grant(Role.OPERATOR))
        await opened.person("sam", Grant(Role.SUPERVISOR))
        yield opened


async def test_who_runs_channels_sees_and_tests_them_others_do_not(home: House) -> None:
    async with home.signed_in("sam") as sam, home.signed_in("anna") as anna:
        listed = (await sam.get("/api/v1/notify/channels")).json()["items"]
        assert [each["name"] for each in listed] == ["mail", "teams", "screen"]
        assert listed[1]["target"] == "msteams://…"
        tested = (await sam.post("/api/v1/notify/channels/mail/test")).json()
        assert (tested["state"], tested["error"], tested["kind"]) == (
            "failed",
            "Connection refused",
            "test",
        )
        assert (await anna.get("/api/v1/notify/channels")).status_code == 403
        assert (await anna.post("/api/v1/notify/channels/mail/test")).status_code == 403
        teams = (await anna.get("/api/v1/notify/teams", params={"at": 1_768_204_800_000})).json()
        line = teams["items"][0]
        assert (line["now"]["people"], line["next"]["people"]) == (["ben"], ["cem"])


async def test_the_log_is_filtered_and_paged_and_what_failed_is_sent_again(home: House) -> None:
    async with home.signed_in("sam") as sam:
        page = (await sam.get("/api/v1/notify/deliveries", params={"limit": 2})).json()
        assert [each["id"] for each in page["items"]] == [4, 3]
        assert page["next_before"] == 3
        failed = await sam.get("/api/v1/notify/deliveries", params={"state": "failed"})
        assert [each["id"] for each in failed.json()["items"]] == [3]
        again = await sam.post("/api/v1/notify/deliveries/3/retry")
        assert again.json()["state"] == "waiting"
        assert (await sam.post("/api/v1/notify/deliveries/3/retry")).status_code == 409
        assert (await sam.get("/api/v1/notify/deliveries?state=lost")).status_code == 422


async def test_one_sets_ones_own_wishes_and_sees_ones_own_messages(home: House) -> None:
    async with home.signed_in("anna") as anna:
        own = (await anna.get("/api/v1/session/notifications")).json()
        assert (own["person"], own["version"]) == ("anna", 0)
        wishes = {"addresses": {"mail": "anna@plant.example"}, "version": 0}
        quiet = [{"days": ["sat"], "start": "22:00", "end": "06:00"}]
        saved = await anna.put("/api/v1/session/notifications", json=wishes | {"quiet": quiet})
        assert saved.json()["version"] == 1
        assert (await anna.put("/api/v1/session/notifications", json=wishes)).status_code == 409
        wrong = wishes | {"addresses": {"mail": "nobody"}, "version": 1, "digest_at": "7"}
        refused = await anna.put("/api/v1/session/notifications", json=wrong)
        assert refused.status_code == 422
        assert "addresses.mail" in refused.json()["detail"]
        assert "digest_at" in refused.json()["detail"]
        ways = (await anna.get("/api/v1/session/notifications/channels")).json()["items"]
        assert [(way["name"], way["target"], way["last_error"]) for way in ways] == [
            ("mail", "", "")
        ]
        assert (await anna.post("/api/v1/session/notifications/test/teams")).status_code == 404
        sent = await anna.post("/api/v1/session/notifications/test/screen")
        assert (sent.json()["person"], sent.json()["state"]) == ("anna", "sent")
        inbox = (await anna.get("/api/v1/session/notifications/inbox")).json()["items"]
        assert [each["person"] for each in inbox] == ["anna"]
        number = inbox[0]["id"]
        assert (
            await anna.post(f"/api/v1/session/notifications/inbox/{number}/seen")
        ).status_code == 204
        assert (await anna.post("/api/v1/session/notifications/inbox/4/seen")).status_code == 404


async def test_a_link_needs_no_sign_in_looks_first_and_is_in_the_audit(home: House) -> None:
    secret = desk(home).link(await unacknowledged(home))
    async with home.client() as phone:
        before = len(home.audit.entries)
        looked = await phone.post("/api/v1/notify/link", json={"secret": secret})
        assert looked.json()["person"] == "anna"
        assert looked.json()["done"] == ""
        assert len(home.audit.entries) == before
        done = await phone.post("/api/v1/notify/acknowledge", json={"secret": secret})
        assert done.status_code == 200, done.text
        entry = home.audit.entries[-1]
        assert (entry.actor, entry.kind, entry.action) == ("anna", "link", "acknowledge_by_link")
        assert secret not in entry.detail
        again = await phone.post("/api/v1/notify/acknowledge", json={"secret": secret})
        assert again.status_code == 409
        assert (
            await phone.get("/api/v1/notify/acknowledge", params={"secret": secret})
        ).status_code in {404, 405}


@pytest.mark.parametrize("secret", ["", "tka_x.y", "tkl_abc"])
async def test_a_damaged_link_is_refused_and_changes_nothing(home: House, secret: str) -> None:
    number = await unacknowledged(home)
    async with home.client() as phone:
        for path in ("link", "acknowledge"):
            answer: httpx.Response = await phone.post(
                f"/api/v1/notify/{path}", json={"secret": secret}
            )
            assert answer.status_code == 422
    assert (await home.plant.services.issues.get(number)).state is IssueState.OPEN


async def test_without_the_audit_a_link_does_nothing(home: House) -> None:
    number = await unacknowledged(home)
    home.audit.broken = True
    async with home.client() as phone:
        answer = await phone.post(
            "/api/v1/notify/acknowledge", json={"secret": desk(home).link(number)}
        )
    assert answer.status_code == 503
    assert (await home.plant.services.issues.get(number)).state is IssueState.OPEN
