"""The tables that planning is fed with: their columns, and what makes a row unique."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.errors import NotFoundError
from gateway.production.tables.cells import (
    Column,
    Need,
    breaks,
    clock,
    day,
    number,
    one_of,
    text,
    weekday,
    whole,
)

OPTIONAL: Final = Need.OPTIONAL


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One table: its columns in order; `key` columns together are unique."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


def _id(name: str, meaning: str, *, refers: str = "", example: str = "") -> Column:
    return Column(name=name, read=text, meaning=meaning, refers=refers, example=example)


_PRODUCT: Final = _id("product", "what is made", refers="products", example="P1")

TABLES: Final[dict[str, TableSpec]] = {
    each.name: each
    for each in (
        TableSpec(
            name="products",
            key=("id",),
            columns=(
                _id("id", "the product's name", example="P1"),
                Column(name="uom", read=text, need=OPTIONAL, default="pcs", meaning="unit"),
                Column(name="family", read=text, need=OPTIONAL, default="", meaning="set-up family"),
                Column(
                    name="scrap", read=number(0, 0.99), need=OPTIONAL, default=0.0,
                    meaning="planned scrap as a fraction",
                ),
            ),
        ),
        TableSpec(
            name="materials",
            key=("product", "material"),
            columns=(
                _PRODUCT,
                _id("material", "what it is made of", example="steel"),
                Column(name="qty_per", read=number(0), meaning="quantity a piece", example="0.5"),
            ),
        ),
        TableSpec(
            name="machines",
            key=("id",),
            columns=(
                _id("id", "the machine's name", example="M1"),
                _id("work_centre", "the group it belongs to", example="milling"),
                Column(
                    name="calendar", read=text, need=OPTIONAL, default="", refers="calendar",
                    meaning="when it works",
                ),
                Column(name="family", read=text, need=OPTIONAL, default="", meaning="set up for"),
                Column(
                    name="path", read=text, need=OPTIONAL, default="",
                    meaning="site/area/line/machine of its signals",
                ),
                Column(name="mtbf_min", read=number(1), need=OPTIONAL, meaning="between failures"),
                Column(name="mttr_min", read=number(0), need=OPTIONAL, meaning="to repair"),
            ),
        ),
        TableSpec(
            name="orders",
            key=("id",),
            columns=(
                _id("id", "the order's number", example="A-1001"),
                _PRODUCT,
                Column(name="qty", read=whole(1), meaning="pieces", example="500"),
                Column(name="due", read=day, meaning="wanted by", example="2027-02-28"),
                Column(
                    name="priority", read=whole(1, 9), need=OPTIONAL, default=5,
                    meaning="1 is the most urgent", example="5",
                ),
            ),
        ),
        TableSpec(
            name="history",
            key=("product", "date"),
            columns=(
                _PRODUCT,
                Column(name="date", read=day, meaning="the day it was wanted", example="2026-01-05"),
                Column(name="qty", read=number(0), meaning="how much", example="120"),
            ),
        ),
        TableSpec(
            name="routings",
            key=("product", "op", "machine"),
            columns=(
                _PRODUCT,
                _id("op", "the step's name", example="10"),
                Column(
                    name="after", read=text, need=OPTIONAL, default="",
                    meaning="steps before it, separated by spaces",
                ),
                _id("work_centre", "the group that does it", example="milling"),
                Column(
                    name="machine", read=text, need=OPTIONAL, default="", refers="machines",
                    meaning="one alternative a row; empty is any of the work centre",
                ),
                Column(name="run_s", read=number(0.001), meaning="seconds a piece", example="72"),
                Column(
                    name="setup_min", read=whole(0), need=OPTIONAL, default=0,
                    meaning="minutes to set up",
                ),
                Column(name="skill", read=text, need=OPTIONAL, default="", meaning="what people can"),
                Column(name="heads", read=whole(1, 50), need=OPTIONAL, default=1, meaning="people"),
                Column(name="tool", read=text, need=OPTIONAL, default="", meaning="tool class"),
                Column(name="lot", read=whole(1), need=OPTIONAL, meaning="transfer lot"),
                Column(name="checklist", read=text, need=OPTIONAL, default="", meaning="its name"),
                Column(name="role", read=text, need=OPTIONAL, default="", meaning="who answers"),
                Column(
                    name="accepts", read=text, need=OPTIONAL, default="",
                    meaning="role that takes the work over",
                ),
            ),
        ),
        TableSpec(
            name="calendar",
            key=("resource", "weekday", "from"),
            columns=(
                _id("resource", "the calendar's name", example="two shifts"),
                Column(name="weekday", read=weekday, meaning="mon to sun", example="mon"),
                Column(name="from", read=clock, meaning="start", example="06:00"),
                Column(name="to", read=clock, meaning="end, past 24:00 overnight", example="14:00"),
                Column(
                    name="break", read=breaks, need=OPTIONAL, default="",
                    meaning="HH:MM-HH:MM, separated by spaces",
                ),
            ),
        ),
        TableSpec(
            name="setup",
            key=("work_centre", "from", "to"),
            columns=(
                _id("work_centre", "the group of machines", example="milling"),
                _id("from", "family before", example="red"),
                _id("to", "family after", example="blue"),
                Column(name="min", read=whole(0, 100_000), meaning="minutes", example="20"),
            ),
        ),
        TableSpec(
            name="lots",
            key=("lot",),
            columns=(
                _id("material", "what it is", example="steel"),
                _id("lot", "the lot's number", example="L-77"),
                Column(name="qty", read=number(0), meaning="quantity", example="1000"),
                Column(
                    name="status", meaning="whether it may be used", example="released",
                    read=one_of({"quarantine", "released", "blocked", "consumed"}),
                ),
            ),
        ),
        TableSpec(
            name="people",
            key=("id", "skill"),
            columns=(
                _id("id", "the person's number", example="17"),
                _id("skill", "what the person can", example="milling"),
                Column(name="level", read=whole(0, 4), meaning="0 to 4", example="2"),
                Column(name="valid_to", read=day, need=OPTIONAL, meaning="the last day it holds"),
                Column(
                    name="calendar", read=text, need=OPTIONAL, default="", refers="calendar",
                    meaning="when the person works",
                ),
            ),
        ),
        TableSpec(
            name="tools",
            key=("id",),
            columns=(
                _id("id", "the tool's number", example="T1"),
                _id("class", "what it is", example="end mill 10"),
                Column(name="life_cycles", read=whole(1), need=OPTIONAL, meaning="cycles it lasts"),
                Column(name="used_cycles", read=whole(0), need=OPTIONAL, default=0, meaning="used"),
                Column(name="calibration_due", read=day, need=OPTIONAL, meaning="last good day"),
            ),
        ),
    )
}  # fmt: skip


def table_spec(name: str) -> TableSpec:
    """Return a table's columns; raises `NotFoundError`."""
    if name not in TABLES:
        raise NotFoundError(f"there is no table {name[:60]!r}: want one of {', '.join(TABLES)}")
    return TABLES[name]
