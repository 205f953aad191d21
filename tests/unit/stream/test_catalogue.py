"""An index belongs to its path for life, whatever happens to the database."""

from __future__ import annotations

import apsw
import pytest

from gateway.clock import ManualClock
from gateway.errors import ConfigError, NotFoundError, StorageError
from gateway.model import DataType, Intake, SampleBatch, Signal, SignalKind, SignalRole
from gateway.stream.catalogue import JournalCatalogue
from gateway.stream.disk import schema
from gateway.stream.journal import Journal
from gateway.stream.options import JournalOptions


class House:
    """A journal and its catalogue, opened and closed together."""

    def __init__(self, directory, **changes):
        options = JournalOptions(group_ms=0, ballast_bytes=0, **changes)
        self.journal = Journal.open(directory, clock=ManualClock(), options=options)
        self.catalogue = JournalCatalogue(self.journal)

    async def __aenter__(self):
        return self.catalogue

    async def __aexit__(self, *_):
        self.catalogue.close()
        await self.journal.close()


def signal(name: str, **fields) -> Signal:
    return Signal(path=f"s/a/l/m/{name}", **fields)


RICH = signal(
    "rich",
    kind=SignalKind.STATE,
    data_type=DataType.ENUM,
    unit="°C",
    low=-1.5,
    role=SignalRole.STATE,
    labels=((1, "Run"), (2, "Stop")),
    counter_bits=32,
)


async def test_indices_are_given_once_and_survive(tmp_path):
    async with House(tmp_path) as catalogue:
        assert catalogue.register([signal("a"), RICH, signal("a")]).tolist() == [0, 1, 0]
        assert catalogue.register([signal("b"), signal("a")]).tolist() == [2, 0]
        assert len(catalogue) == 3
    async with House(tmp_path) as catalogue:
        assert catalogue.all() == (signal("a"), RICH, signal("b"))
        assert catalogue.index(RICH.path) == 1
        assert catalogue.signal(2) == signal("b")
        assert catalogue.register([signal("b", unit="bar")]).tolist() == [2]
        assert catalogue.signal(2).unit == "bar"
        assert catalogue.register([signal("b", unit="bar")]).tolist() == [2]
    async with House(tmp_path) as catalogue:
        assert catalogue.signal(2).unit == "bar"


async def test_what_is_not_there_is_named_with_the_nearest(tmp_path):
    async with House(tmp_path) as catalogue:
        catalogue.register([signal("temperature")])
        with pytest.raises(NotFoundError, match="nearest is 's/a/l/m/temperature'"):
            catalogue.index("s/a/l/m/temperatur")
        with pytest.raises(NotFoundError, match=r"among 1$"):
            catalogue.index("zzz")
        for index in (-1, 1):
            with pytest.raises(NotFoundError, match="there are 1"):
                catalogue.signal(index)


async def test_another_data_type_is_refused_and_nothing_is_registered(tmp_path):
    async with House(tmp_path) as catalogue:
        catalogue.register([signal("a")])
        with pytest.raises(
            ConfigError, match="'s/a/l/m/a' is known as float and cannot become string"
        ):
            catalogue.register([signal("new"), signal("a", data_type=DataType.STRING)])
        assert len(catalogue) == 1


async def test_the_number_of_signals_is_bounded(tmp_path):
    async with House(tmp_path, signals_max=2) as catalogue:
        catalogue.register([signal("a"), signal("b")])
        with pytest.raises(ConfigError, match="2 of at most 2"):
            catalogue.register([signal("c")])
        assert catalogue.register([signal("b")]).tolist() == [1]


async def test_a_refusing_disk_registers_nothing(tmp_path):
    async with House(tmp_path) as catalogue:
        (tmp_path / "signals.jsonl").mkdir()
        with pytest.raises(StorageError):
            catalogue.register([signal("a")])
        assert len(catalogue) == 0
        (tmp_path / "signals.jsonl").rmdir()


@pytest.mark.parametrize("damage", ["journal gone", "row changed", "copy gone", "line cut"])
async def test_damage_never_gives_an_index_to_another_path(tmp_path, damage):
    async with House(tmp_path) as catalogue:
        catalogue.register([signal("a"), RICH, signal("b")])
    copy = tmp_path / "signals.jsonl"
    if damage == "journal gone":
        (tmp_path / schema.FILE).write_bytes(b"x" * 5000)
    elif damage == "row changed":
        with apsw.Connection(str(tmp_path / schema.FILE)) as db:
            db.execute("UPDATE signal SET path = 's/a/l/m/zzz' WHERE id = 1")
        db.close()
    elif damage == "copy gone":
        copy.unlink()
    else:
        copy.write_bytes(copy.read_bytes()[:-20])
    for _ in range(2):
        async with House(tmp_path) as catalogue:
            assert catalogue.all() == (signal("a"), RICH, signal("b"))


async def test_an_index_that_is_lost_everywhere_is_not_given_again(tmp_path):
    house = House(tmp_path)
    async with house as catalogue:
        catalogue.register([signal("a"), signal("b")])
        batch = SampleBatch.of(signal=[0, 1], source_ns=[5, 5], value=[1, 2], received_ns=5)
        await house.journal.append(Intake(batch=batch))
    (tmp_path / "signals.jsonl").unlink()
    with apsw.Connection(str(tmp_path / schema.FILE)) as db:
        db.execute("DELETE FROM signal")
    db.close()
    house = House(tmp_path)
    async with house as catalogue:
        assert catalogue.register([signal("new")]).tolist() == [2]
        assert catalogue.signal(0).path == "lost/lost/lost/lost/signal-0"
        assert "index 0" in house.journal.quarantine.remarks[0]
