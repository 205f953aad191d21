"""Import and export of every table: all mistakes at once, each with its place and what would be right."""

import io
import time
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from gateway.errors import InvalidRequestError, NotFoundError
from gateway.production.calendar import working_time
from gateway.production.lifecycle import LotState
from gateway.production.tables.entities import (
    to_calendars,
    to_demand,
    to_history,
    to_lots,
    to_machines,
    to_people,
    to_products,
    to_routings,
    to_setups,
    to_tools,
)
from gateway.production.tables.importing import (
    ImportRefusedError,
    Record,
    dry_run,
    export,
    read_table,
    template,
)
from gateway.production.tables.sheets import rows
from gateway.production.tables.specs import TABLES


def said(table, content, *, name=None, known=None):
    run = dry_run(
        table, name=name or f"{table}.csv",
        content=content.encode() if isinstance(content, str) else content, known=known,
    )  # fmt: skip
    return [str(each) for each in run.mistakes]


def xlsx(lines, title="Ops"):
    book = Workbook()
    book.active.title = title
    for line in lines:
        book.active.append(line)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def test_the_sentence_of_the_reference_is_exact():
    lines = ["id,product,qty,due,priority"]
    lines += [f"A{each},P1,5,2027-02-01,5" for each in range(15)]
    lines += ["A99,P1,5,31/02/2027,5"]
    assert said("orders", "\n".join(lines)) == [
        'orders.csv:17 due: "31/02/2027" is not a date (want YYYY-MM-DD)'
    ]
    headings = [each.name for each in TABLES["routings"].columns]
    row = dict.fromkeys(headings, None) | {"product": "P", "work_centre": "W", "run_s": 5}
    table: list[list[object]] = [list(headings)]
    table += [list((row | {"op": str(at), "machine": "M7"}).values()) for at in range(7)]
    table += [[*(row | {"op": "x", "machine": "M77"}).values()]]
    found = said("routings", xlsx(table), name="routing.xlsx", known={"machines": ["M1", "M7"]})
    assert found == ['routing.xlsx!Ops:9 machine: "M77" unknown; nearest "M7"']


def test_all_mistakes_are_told_at_once_and_nothing_is_imported():
    content = (
        "id;product;qty;due;priority\n"
        "A1;P1;0;2027-02-30;12\n"
        ";P2;1,5;2027-02-01;\n"
        "A1;P1;7;2027-02-01;1;more\n"
    )
    assert said("orders", content, known={"products": {"P1", "P22"}}) == [
        'orders.csv:2 qty: "0" is out of range (want 1 to 1000000000)',
        'orders.csv:2 due: "2027-02-30" is not a date (want YYYY-MM-DD)',
        'orders.csv:2 priority: "12" is out of range (want 1 to 9)',
        "orders.csv:3 id: is empty (want the order's number)",
        'orders.csv:3 product: "P2" unknown; nearest "P22"',
        'orders.csv:3 qty: "1,5" is not a whole number (want 1 to 1000000000)',
        "orders.csv:4 row: has 6 cells, the headings 5",
        'orders.csv:4 id: "A1" stands already at orders.csv:2',
    ]
    with pytest.raises(ImportRefusedError, match="8 mistakes, nothing was imported") as refused:
        read_table(
            "orders", name="orders.csv", content=content.encode(),
            known={"products": {"P1", "P22"}},
        )  # fmt: skip
    assert len(refused.value.mistakes) == 8


def test_headings_are_matched_by_name_in_any_order_and_hinted():
    assert said("orders", "ids,product,qty,due\n") == [
        'orders.csv:1 headings: "ids" unknown; nearest "id"',
        'orders.csv:1 headings: "id" is missing (want id,product,qty,due,priority)',
    ]
    assert said("orders", "") == [
        "orders.csv file: is empty (want the headings id,product,qty,due,priority)"
    ]
    assert said("setup", "min,to,from,work_centre,to\n")[0].endswith('"to" stands there twice')
    records = read_table(
        "orders", name="o.csv", content=b"\xef\xbb\xbfDue,QTY,product,id\n2027-01-02,3,P,A\n"
    )
    assert records == (
        {"id": "A", "product": "P", "qty": 3, "due": date(2027, 1, 2), "priority": 5},
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"id,product\n\xff\xfe", "orders.csv:2 is not UTF-8"),
        (b'id,product\n"A', "orders.csv:2 cannot be read"),
        (b"id\0", "zero bytes"),
        (b"PK\x03\x04nonsense", "cannot be read as XLSX"),
    ],
)
def test_files_that_cannot_be_read_say_why(content, says):
    with pytest.raises(InvalidRequestError, match=says):
        dry_run("orders", name="orders.csv", content=content)


def test_there_is_no_such_table():
    with pytest.raises(NotFoundError, match="want one of products"):
        dry_run("order", name="x.csv", content=b"")


def test_xlsx_cells_arrive_as_values():
    made = xlsx([
        ["id", "product", "qty", "due", "priority"],
        ["A1", "P1", 500.0, datetime(2027, 2, 28), None],  # noqa: DTZ001 - as a spreadsheet holds it
        ["A2", 17, 3, "2027-03-01", 1],
    ])  # fmt: skip
    records = read_table("orders", name="orders.xlsx", content=made)
    assert [each["qty"] for each in records] == [500, 3]
    assert [each["due"] for each in records] == [date(2027, 2, 28), date(2027, 3, 1)]
    assert [each["product"] for each in records] == ["P1", "17"]


def test_a_formula_is_never_text_that_runs():
    evil: Record = {
        "id": "=HYPERLINK(1)",
        "product": "+P",
        "qty": 1,
        "due": date(2027, 1, 1),
        "priority": 1,
    }
    made = export("orders", [evil])
    assert b"\r\n'=HYPERLINK(1),'+P,1," in made
    assert read_table("orders", name="o.csv", content=made) == (evil,)
    book = export("orders", [evil], kind="xlsx")
    assert read_table("orders", name="o.xlsx", content=book) == (evil,)
    cells = next(cells for at, (_, cells) in enumerate(rows("o.xlsx", book)) if at == 1)
    assert cells[0] == "=HYPERLINK(1)"
    uncalculated = xlsx([["id", "product", "qty", "due"], ["A", "P", "=1+1", "2027-01-01"]])
    assert said("orders", uncalculated, name="o.xlsx") == [
        "o.xlsx!Ops:2 qty: is empty (want pieces)"
    ]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_each_template_is_an_empty_file_of_its_table(table, kind):
    assert read_table(table, name=f"{table}.{kind}", content=template(table, kind=kind)) == ()


@pytest.mark.parametrize("table", TABLES)
def test_examples_of_every_table_can_be_read_and_written(table):
    columns = TABLES[table].columns
    by_hand = {"status": "released", "level": "2", "min": "20", "uom": "pcs"}
    cells = [each.example or by_hand.get(each.name, "") for each in columns]
    content = ",".join(each.name for each in columns) + "\n" + ",".join(cells) + "\n"
    records = read_table(table, name="x.csv", content=content.encode())
    for kind in ("csv", "xlsx"):
        again = read_table(table, name="x", content=export(table, records, kind=kind))
        assert again == records


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_hostile_bytes_are_refused_or_told(content):
    try:
        run = dry_run("orders", name="o\n\x1b[31m.csv", content=content)
    except InvalidRequestError as error:
        told = [str(error)]
    else:
        told = [str(each) for each in run.mistakes]
    assert all(each.isprintable() for each in told)


def test_100_000_order_lines_are_read_with_progress():
    lines = ["id,product,qty,due,priority"]
    lines += [
        f"A{each},P{each % 50},{each % 900 + 1},2027-02-{each % 28 + 1:02},5"
        for each in range(100_000)
    ]
    told = []
    began = time.process_time()
    records = read_table(
        "orders", name="orders.csv", content="\n".join(lines).encode(),
        known={"products": [f"P{each}" for each in range(50)]},
        on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    took_s = time.process_time() - began
    print(f"100,000 order lines in {took_s:.2f} s")
    assert len(records) == 100_000
    assert len(told) == 21
    assert told[-1] == (100_000, 100_000)
    assert took_s < 20


def table(name, content):
    return read_table(name, name=f"{name}.csv", content=content.encode())


def test_rows_become_the_things_they_describe():
    demand = to_demand(table("orders", "id,product,qty,due\nA,P,3,2027-01-02\n"))
    assert (demand[0].id, demand[0].qty, demand[0].priority) == ("A", 3, 5)
    history = to_history(table("history", "product,date,qty\nP,2027-01-02,3\nP,2027-01-03,4\n"))
    assert history == {"P": {date(2027, 1, 2): 3, date(2027, 1, 3): 4}}
    products = to_products(
        table("products", "id,family,scrap\nP,red,0.03\n"),
        table("materials", "product,material,qty_per\nP,steel,0.5\n"),
    )
    assert (products[0].scrap_fraction, products[0].materials) == (0.03, {"steel": 0.5})
    machines = to_machines(table("machines", "id,work_centre\nM1,mill\n"), calendar="day")
    assert (machines[0].calendar, machines[0].work_centre) == ("day", "mill")
    setups = to_setups(table("setup", "work_centre,from,to,min\nmill,red,blue,20\n"))
    assert setups[0].minutes == {("red", "blue"): 20}
    lots = to_lots(table("lots", "material,lot,qty,status\nsteel,L1,7,blocked\n"))
    assert (lots[0].state, lots[0].qty) == (LotState.BLOCKED, 7)
    people = to_people(
        table("people", "id,skill,level,valid_to\n1,mill,2,2027-01-01\n1,turn,1,\n"), calendar="day"
    )
    assert [each.skill for each in people[0].skills] == ["mill", "turn"]
    tools = to_tools(table("tools", "id,class,calibration_due\nT1,gauge,2027-01-01\n"))
    assert tools[0].calibration_due == date(2027, 1, 1)


def test_routing_rows_of_one_step_name_its_machines():
    heading = "product,op,after,work_centre,machine,run_s,setup_min,skill,heads,role,accepts\n"
    rows = (
        "P,10,,mill,M1,60,15,miller,1,operator,quality\nP,10,,mill,M2,72,15,miller,1,operator,quality\n"
        "P,20,10,test,M3,30,0,,,quality,\n"
    )
    routings, times = to_routings(table("routings", heading + rows), author="anna")
    first, second = routings[0].operations
    assert (first.machines, second.after) == (("M1", "M2"), ("10",))
    assert first.handover is not None
    assert first.handover.accepted_by == "quality"
    assert [(each.op, each.machine, each.run_s) for each in times] == [
        ("10", "M1", 60), ("10", "M2", 72), ("20", "M3", 30)
    ]  # fmt: skip
    with pytest.raises(InvalidRequestError, match="step 10: its rows differ"):
        to_routings(
            table("routings", heading + rows.replace("M2,72,15,miller", "M2,72,15,fitter")),
            author="a",
        )


def test_a_night_shift_with_its_break_after_midnight():
    made = to_calendars(
        table("calendar", "resource,weekday,from,to,break\nnight,mon,22:00,06:00,02:00-02:30\n"),
        zone="UTC",
    )
    worked = working_time(made[0], start=date(2027, 1, 4), end=date(2027, 1, 5))
    assert worked.total_min == 450
    assert len(worked.start) == 2
