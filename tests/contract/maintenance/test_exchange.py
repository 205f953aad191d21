"""The way of work orders to a CMMS and back, on both databases."""

from __future__ import annotations

import csv
import io

import pytest

from gateway.errors import ConflictError
from gateway.store import Store
from gateway.workorder import WorkAction, WorkState, WorkWanted
from tests.peers.work_bench import ALL, bench, corrective


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


async def test_an_export_is_harmless_and_its_import_changes_nothing(store: Store) -> None:
    here = await bench(store)
    await here.desk.open(corrective(title='=HYPERLINK("http://x")', description="+1; @SUM"), by="a")
    await here.desk.open(corrective(due_ns=here.now_ns, assignees=("ben", "cem")), by="a")
    content = await here.desk.export(ALL)
    rows = table(content)
    assert rows[1]["title"] == '\'=HYPERLINK("http://x")'
    assert rows[1]["description"] == "'+1; @SUM"
    assert rows[0]["key"] == "taktline-demo-2"
    done = await here.desk.imports("o.csv", content, by="cmms", key="", dry=False)
    assert (done.created, done.changed, done.unchanged) == (0, 0, 2)
    assert (await here.desk.order(1)).title == '=HYPERLINK("http://x")'


IMPORT = b"""key;title;asset;priority;state;due;assignees
A-1;Grease;demo/packaging/l1/filler;high;open;2026-02-01;ben cem
A-2;Belt;demo/packaging/l1/packer;low;in progress;2026-02-02T10:00:00Z;
"""


async def test_an_import_is_done_once_and_follows_the_cmms(store: Store) -> None:
    desk = (await bench(store)).desk
    dry = await desk.imports("o.csv", IMPORT, by="cmms", key="k1", dry=True)
    assert (dry.created, dry.dry_run, await desk.orders(ALL)) == (2, True, [])
    for _ in range(2):
        done = await desk.imports("o.csv", IMPORT, by="cmms", key="k1", dry=False)
        assert (done.created, done.unchanged) == (2, 0), "the same key has the same answer"
    again = await desk.imports("o.csv", IMPORT, by="cmms", key="k2", dry=False)
    assert (again.created, again.unchanged) == (0, 2)
    with pytest.raises(ConflictError, match="used for another file"):
        await desk.imports("o.csv", IMPORT + b"x", by="cmms", key="k1", dry=False)
    moved = IMPORT.replace(b"high;open", b"high;complete")
    done = await desk.imports("o.csv", moved, by="cmms", key="", dry=False)
    assert (done.changed, done.unchanged) == (1, 1)
    order = (await desk.orders(WorkWanted(text="greas")))[0]
    assert (order.state, order.external, order.assignees) == (
        WorkState.COMPLETE,
        "A-1",
        ("ben", "cem"),
    )


async def test_every_mistake_of_an_import_is_told_at_once_and_nothing_is_kept(store: Store) -> None:
    desk = (await bench(store)).desk
    wrong = (
        b"key,title,asset,priority,due,issue,stat\n"
        b"A-1,,demo/x,urgent,31/02/2026,9,open\n"
        b"A-1,Belt,demo/x,low,2026-02-30,,open\n"
    )
    done = await desk.imports("o.csv", wrong, by="cmms", key="k", dry=False)
    assert done.mistakes == (
        'o.csv:1 headings: "stat" unknown; nearest "state"',
        'o.csv:2 priority: "urgent" is not known (want high, low, medium, none)',
        'o.csv:2 due: "31/02/2026" is not a date (want YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ)',
        "o.csv:2 title: is empty",
        'o.csv:3 due: "2026-02-30" is not a date (want YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ)',
    )
    assert await desk.orders(ALL) == []
    back = await desk.imports("o.csv", IMPORT, by="cmms", key="", dry=False)
    assert back.created == 2
    await desk.act(1, WorkAction.START, by="ben", version=1)
    back = await desk.imports("o.csv", IMPORT, by="cmms", key="", dry=False)
    assert back.mistakes == (
        "o.csv:2 state: in_progress cannot become open (want closed, complete, in_progress, on_hold)",
    )
