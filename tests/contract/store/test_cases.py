"""Cases on both databases: gates, proof, versions, files, repeats."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.corrective import VerificationState
from gateway.deviation import IssueState, Severity
from gateway.errors import ConflictError, InvalidRequestError, NotFoundError
from gateway.issues.lifecycle import IssueAction
from gateway.store import Store
from tests.peers.cases import ANNA, BEN, CLARA, DAY_S, FILLER, TWIN, WEIGHT, CaseBench

CLOSING = {"closing.similar": "None.", "closing.standard": "None."}
PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489")


@pytest.fixture
async def bench(url: str) -> AsyncIterator[CaseBench]:
    store = await Store.open(url)
    yield await CaseBench(store).open()
    await store.close()


async def test_only_what_the_data_has_proven_closes_and_not_by_its_owner(bench: CaseBench) -> None:
    number = await bench.to_verifying()
    with pytest.raises(ConflictError, match=r"Nothing came again|not proven"):
        await bench.advance(number, by=BEN)
    await bench.watch(0.03 * DAY_S + 60, step_s=30)
    case = await bench.office.case(number)
    assert case.verifications[0].state is VerificationState.MET
    with pytest.raises(ConflictError, match=f"Not checked: {TWIN}.*similar machines"):
        await bench.advance(number, by=BEN)
    case = await bench.look_around(number)
    assert [(one.asset, one.finding) for one in case.similar] == [(TWIN, "Seal is new.")]
    await bench.edit(number, {"closing.similar": "One, sound.", "closing.standard": "PM plan 12."})
    with pytest.raises(ConflictError, match="anna owns issue 1"):
        await bench.advance(number, by=ANNA)
    closed = (await bench.advance(number, by=BEN)).issue
    assert (closed.state, closed.verified, closed.closed_ns) == (
        IssueState.CLOSED,
        True,
        bench.clock.now_ns(),
    )
    told = [event.action for event in await bench.desk.events(after=0, limit=1000)]
    assert told.count("advanced") == 6
    assert "verified" in told


async def test_who_chose_the_proof_may_not_approve_it(bench: CaseBench) -> None:
    number = await bench.to_verifying()
    await bench.edit(number, {"owner": "ben", **CLOSING})
    await bench.watch(0.03 * DAY_S + 60, step_s=30)
    await bench.look_around(number)
    with pytest.raises(ConflictError, match="anna chose how"):
        await bench.advance(number, by=ANNA)
    assert (await bench.advance(number, by=CLARA)).issue.state is IssueState.CLOSED


async def test_what_comes_again_while_it_is_watched_reopens_with_the_evidence(
    bench: CaseBench,
) -> None:
    number = await bench.to_verifying()
    await bench.watch(600)
    await bench.spell()
    await bench.watcher.look()
    case = await bench.office.case(number)
    assert (case.issue.state, case.issue.verified) == (IssueState.REOPENED, False)
    assert case.verifications[0].state is VerificationState.FAILED
    last = (await bench.desk.events(after=0, limit=1000))[-1]
    assert (last.action, last.by, last.detail["came_again"]) == ("reopened", "gateway", 1)


async def test_similar_machines_are_proposed_with_how_often_the_pattern_showed_there(
    bench: CaseBench,
) -> None:
    elsewhere = {"asset": TWIN, "signal": f"{TWIN}/weight", "member": f"{TWIN}/weight#high"}
    for turn in range(2):
        await bench.desk.apply([bench.deviation(cause=f"weight@{TWIN}#{turn}", **elsewhere)])
    number = await bench.to_verifying()
    assert (await bench.office.case(number)).similar == []
    await bench.watch(40)
    case = await bench.office.case(number)
    assert [(one.asset, one.issues) for one in case.similar] == [(TWIN, [1, 2])]
    events = await bench.desk.events(after=0, limit=1000, issue=number)
    proposed = [(e.by, e.detail["machines"]) for e in events if e.action == "similar_proposed"]
    assert proposed == [("gateway", 1)], "once, however often it is looked at"
    await bench.watch(200)
    assert (await bench.office.case(number)).similar == case.similar
    with pytest.raises(NotFoundError, match="was not proposed as similar"):
        await bench.office.check_similar(number, asset=FILLER, finding="x", by=BEN)


async def test_time_without_a_source_or_a_gateway_is_not_watched(bench: CaseBench) -> None:
    number = await bench.to_verifying()
    await bench.watch(100)
    bench.presence.away = {bench.catalogue.index(WEIGHT)}
    await bench.watch(4 * DAY_S, step_s=3600)
    bench.presence.away = set()
    await bench.clock.advance(4 * DAY_S)
    await (await bench.open()).watcher.look()
    proof = (await bench.office.case(number)).verifications[0]
    assert proof.state is VerificationState.WATCHING
    assert proof.watched_ns <= 160 * 10**9


async def test_fewer_defects_by_the_counters(bench: CaseBench) -> None:
    planned = {"bad_before": 40, "made_before": 800, "planned": 600}
    number = await bench.to_verifying("defects", planned)
    bench.count("good", 900, 1488, start_s=1, end_s=3600)
    bench.count("bad", 40, 52, start_s=1, end_s=3600)
    await bench.clock.advance(3700)
    await bench.watcher.look()
    proof = (await bench.office.case(number)).verifications[0]
    assert proof.state is VerificationState.MET
    assert proof.progress["p"] == pytest.approx(0.0020, abs=5e-5)


async def test_no_fewer_defects_reopen(bench: CaseBench) -> None:
    planned = {"bad_before": 40, "made_before": 800, "planned": 200}
    number = await bench.to_verifying("defects", planned)
    bench.count("good", 900, 1091, start_s=1, end_s=3600)
    bench.count("bad", 40, 49, start_s=1, end_s=3600)
    await bench.clock.advance(3700)
    assert await bench.watcher.look() == 1
    case = await bench.office.case(number)
    assert case.issue.state is IssueState.REOPENED
    assert case.verifications[0].progress["p"] == pytest.approx(0.47, abs=0.005)


async def test_gates_say_what_is_missing(bench: CaseBench) -> None:
    number = await bench.spell()
    await bench.office.act(number, IssueAction.ACKNOWLEDGE, by=ANNA)
    (move,) = [m for m in (await bench.office.case(number)).moves if m.action == "advance"]
    assert {one.what for one in move.missing} >= {"owner", "problem.what", "evidence"}
    with pytest.raises(ConflictError, match="Nobody owns it yet"):
        await bench.advance(number)
    with pytest.raises(ConflictError, match="triage: reopen is not possible now"):
        await bench.office.act(number, IssueAction.REOPEN, by=ANNA, reason="why")
    with pytest.raises(InvalidRequestError, match="for the data to say"):
        await bench.office.act(number, IssueAction.FAIL, by=ANNA)
    assert (await bench.desk.get(number)).state is IssueState.TRIAGE


async def test_two_editors_never_lose_an_update(bench: CaseBench) -> None:
    number = await bench.spell()
    seen = (await bench.desk.get(number)).version
    first = bench.office.edit(number, version=seen, changes={"problem.what": "A leak"}, by=ANNA)
    second = bench.office.edit(number, version=seen, changes={"problem.what": "A drip"}, by=BEN)
    done = await asyncio.gather(first, second, return_exceptions=True)
    refused = [one for one in done if isinstance(one, ConflictError)]
    assert len(refused) == 1
    assert "problem.what" in str(refused[0])
    case = await bench.office.case(number)
    (told,) = [e for e in await bench.desk.events(after=0, limit=99) if e.action == "edited"]
    assert told.detail["changes"] == {"problem.what": [None, case.fields["problem.what"]]}
    unchanged = await bench.edit(number, {"problem.what": case.fields["problem.what"]})
    assert len(await bench.desk.events(after=0, limit=99)) == told.seq
    assert unchanged.fields == case.fields


async def test_the_suspect_quantity_comes_from_the_counters(bench: CaseBench) -> None:
    bench.count("good", 100, 1100, start_s=-1000, end_s=0)
    bench.count("bad", 0, 100, start_s=-1000, end_s=0)
    number = await bench.spell()
    version = (await bench.desk.get(number)).version
    now_ns = bench.clock.now_ns()
    case = await bench.office.suspect(
        number, version=version, from_ns=now_ns - 560 * 10**9, to_ns=now_ns, by=ANNA
    )
    assert case.fields["suspect.quantity"] == pytest.approx(550, abs=25)
    assert FILLER in str(case.fields["suspect.basis"])


async def test_the_third_within_ninety_days_is_worse_and_old_ones_do_not_count(
    bench: CaseBench,
) -> None:
    severities, repeats = [], []
    for days in (0, 10, 20, 100):
        await bench.clock.advance(days * DAY_S)
        number = await bench.spell()
        await bench.office.act(number, IssueAction.ACKNOWLEDGE, by=ANNA)
        issue = await bench.desk.get(number)
        severities.append(issue.severity)
        repeats.append((issue.repeat, issue.previous))
        # Not rejected, as that is no repeat: ended as a duplicate it would not count either.
        await bench.store.run(
            lambda c, n=number: c.exec_driver_sql(
                f"UPDATE issue SET state = 'closed' WHERE number = {n}"
            )
        )
    assert severities == [Severity.P3, Severity.P3, Severity.P2, Severity.P3]
    assert repeats == [(1, None), (2, 1), (3, 2), (1, None)]
    assert (await bench.office.case(3)).repeats == [1, 2, 4]


async def test_a_repeat_may_reopen_the_closed_issue(url: str) -> None:
    store = await Store.open(url)
    options = {"recurrence": {"repeats": "reopen"}}
    bench = await CaseBench(store, options).open()
    number = await bench.to_verifying()
    await bench.edit(number, CLOSING)
    await bench.watch(0.03 * DAY_S + 60, step_s=30)
    await bench.look_around(number)
    assert (await bench.advance(number, by=BEN)).issue.state is IssueState.CLOSED
    assert await bench.spell() == number
    case = await bench.office.case(number)
    assert (case.issue.state, case.issue.repeat) == (IssueState.REOPENED, 2)
    assert not case.issue.verified
    with pytest.raises(ConflictError, match="reopened: advance is not possible"):
        await bench.advance(number, by=BEN)
    await store.close()


async def test_rules_of_opening_class_and_withhold(url: str) -> None:
    store = await Store.open(url)
    opening = [
        {"rules": ["chatter*"], "opens": "alarm_only"},
        {"zones": ["demo/packaging/l1"], "severity": "P1", "type": "safety", "team": "Line 1"},
    ]
    bench = await CaseBench(store, {"opening": opening}).open()
    assert await bench.desk.raise_deviation(bench.deviation(rule="chatter_weight")) is None
    assert await bench.desk.raise_deviation(bench.deviation()) == 1
    issue = await bench.desk.get(1)
    assert (issue.severity, issue.type, issue.team) == ("P1", "safety", "Line 1")
    await store.close()


async def test_files_are_what_they_say_and_come_back_whole(bench: CaseBench) -> None:
    number = await bench.spell()
    case = await bench.office.attach(number, name="../../seal.png", data=PNG, by=ANNA)
    (kept,) = case.attachments
    assert (kept.name, kept.media, kept.size) == ("seal.png", "image/png", len(PNG))
    assert (await bench.office.attachment(number, 1))[1] == PNG
    with pytest.raises(InvalidRequestError, match="content is image/png"):
        await bench.office.attach(number, name="seal.pdf", data=PNG, by=ANNA)
    with pytest.raises(InvalidRequestError, match=r"want .*\.csv"):
        await bench.office.attach(number, name="x.html", data=b"<script>alert(1)</script>", by=ANNA)
    await bench.office.remove_attachment(number, 1, by=ANNA)
    with pytest.raises(NotFoundError):
        await bench.office.attachment(number, 1)
    told = [event.action for event in await bench.desk.events(after=0, limit=99)]
    assert told[-2:] == ["file_added", "file_removed"]


async def test_a_duplicate_names_its_other_and_makes_no_ring(bench: CaseBench) -> None:
    await bench.spell()
    await bench.spell(cause=f"other@{FILLER}", rule="other", member=f"{WEIGHT}#low")
    duplicate = IssueAction.DUPLICATE
    with pytest.raises(InvalidRequestError, match="name the other"):
        await bench.office.act(2, duplicate, by=ANNA, other=2)
    case = await bench.office.act(2, duplicate, by=ANNA, other=1)
    assert (case.issue.state, case.issue.duplicate_of) == (IssueState.DUPLICATE, 1)
    with pytest.raises(ConflictError, match="itself a duplicate"):
        await bench.office.act(1, duplicate, by=ANNA, other=2)


async def test_an_action_is_done_step_by_step_and_shows_up_as_own_work(bench: CaseBench) -> None:
    number = await bench.to_root_cause()
    due_ns = bench.clock.now_ns() + 10**12
    steps = [{"text": "Lock out", "done": False}]
    fields = {"title": "Seal", "owner": "ben", "due_ns": due_ns, "checklist": steps}
    await bench.office.add_action(number, kind="corrective", fields=fields, by=ANNA)
    with pytest.raises(ConflictError, match="steps are left: Lock out"):
        await bench.office.change_action(number, 1, version=1, fields={"done": True}, by=BEN)
    ticked = {"checklist": [{"text": "Lock out", "done": True}], "done": True}
    await bench.desk.comment(number, by=ANNA, text="Thanks @ben, mail ann@ben.org is wrong")
    assert [own.action.id for own in (await bench.office.my_work("ben")).actions] == [1]
    done = await bench.office.change_action(number, 1, version=1, fields=ticked, by=BEN)
    assert (done.done_by, done.version) == ("ben", 2)
    with pytest.raises(ConflictError, match="at version 2, yours is 1"):
        await bench.office.change_action(number, 1, version=1, fields={"title": "x"}, by=BEN)
    mine = await bench.office.my_work("ben")
    assert (list(mine.actions), len(mine.mentions)) == ([], 1)


async def test_the_case_on_paper_and_what_it_teaches(bench: CaseBench) -> None:
    number = await bench.to_verifying()
    paper = await bench.office.report_pdf(number)
    assert paper.startswith(b"%PDF")
    now_ns = bench.clock.now_ns()
    found = await bench.office.learn(start_ns=now_ns - 10**15, end_ns=now_ns + 1, by="asset")
    (bar,) = found.bars
    assert (bar.name, bar.issues, bar.pieces) == (FILLER, 1, 940.0)
    assert bar.hours == pytest.approx(65 / 3600, rel=1e-6)
    assert found.trend[-1].mtta_s is not None
    assert [place.state for place in found.backlog] == ["in_work"]
    with pytest.raises(InvalidRequestError, match="none of asset, product"):
        await bench.office.learn(start_ns=1, end_ns=2, by="person")


async def test_practices_are_told_from_the_records(bench: CaseBench) -> None:
    for turn in range(5):
        number = await bench.spell()
        await bench.office.act(number, IssueAction.REJECT, by=ANNA, reason="noise")
        assert number == turn + 1
    hints = {hint.practice: hint for hint in await bench.office.hints()}
    assert hints["firefighting"].figures["share"] == 1.0
    assert "issue 1 was rejected, issue 2 is the same" in hints["ended_without_proof"].evidence


async def test_a_crash_between_steps_leaves_the_step_before(bench: CaseBench) -> None:
    number = await bench.to_verifying()
    await bench.watch(100)

    def crash(_: object) -> None:
        raise LookupError

    before = await bench.office.case(number)
    with pytest.raises(LookupError):
        await bench.desk.apply([bench.deviation()], also=crash)
    with pytest.raises(ConflictError):
        await bench.office.change(number, None, lambda _c, _r: _refuse())
    await bench.open()
    assert await bench.office.case(number) == before


def _refuse() -> None:
    raise ConflictError("on purpose")
