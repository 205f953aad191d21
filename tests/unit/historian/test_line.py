"""Line protocol: what a row looks like on the wire."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import NotFoundError, StorageError
from gateway.historian.side import pack, unpack
from gateway.historian.wire.line import LineWriter, read_exact
from gateway.model import SampleBatch, SideValue, Signal
from tests.peers.historian import MemoryCatalogue

SERIES = "samples,area=H.1,line=L,machine=Füller,signal=Gewicht,site=W"


@pytest.fixture
def writer() -> LineWriter:
    catalogue = MemoryCatalogue([Signal(path="W/H.1/L/Füller/Gewicht")])
    return LineWriter(catalogue, measurement="samples")


def one(writer: LineWriter, value: float, side: SideValue | None = None) -> str:
    batch = SampleBatch.of(
        signal=[0],
        source_ns=[17],
        value=[value],
        received_ns=18,
        quality=0x8000_0000,
        side={} if side is None else {0: side},
    )
    (line,) = writer.lines(batch)
    return line.decode()


NO_VALUE = "quality=2147483648i,received=18i"


@pytest.mark.parametrize(
    ("value", "side", "fields"),
    [
        (1.5, None, f"value=1.5,{NO_VALUE}"),
        (math.nan, None, NO_VALUE),
        (-math.inf, None, f'{NO_VALUE},exact="f-inf"'),
        (-0.0, None, f'value=-0.0,{NO_VALUE},exact="f-0.0"'),
        (math.nan, 'a "b" \\', f'{NO_VALUE},text="a \\"b\\" \\\\"'),
        (math.nan, "a\nb", f'{NO_VALUE},exact="j\\"a\\\\nb\\""'),
        (2.0**63, 2**63, f'value=9.223372036854776e+18,{NO_VALUE},exact="i9223372036854775808"'),
        (math.nan, (1.0, 2.5), f'{NO_VALUE},exact="a1.0,2.5"'),
    ],
)
def test_a_row(writer: LineWriter, value: float, side: SideValue | None, fields: str) -> None:
    assert one(writer, value, side) == f"{SERIES} {fields} 17"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_ever_breaks_the_line(text: str) -> None:
    catalogue = MemoryCatalogue([Signal(path="W/H.1/L/Füller/Gewicht")])
    line = one(LineWriter(catalogue, measurement="samples"), math.nan, text)
    assert not any(c in line for c in "\r\n\0")
    assert line.startswith(SERIES)


def test_an_unknown_signal_is_an_error(writer: LineWriter) -> None:
    with pytest.raises(NotFoundError):
        writer.lines(SampleBatch.of(signal=[5], source_ns=[0], value=[0.0], received_ns=0))


@given(
    st.one_of(
        st.text(),
        st.integers(),
        st.lists(st.floats(allow_nan=False)).map(tuple),
    )
)
def test_side_values_come_back_exactly(value: SideValue) -> None:
    assert unpack(pack(value)) == value


@pytest.mark.parametrize("packed", ["", "x", "iabc", "a1.0,x"])
def test_what_was_never_packed_is_refused(packed: str) -> None:
    with pytest.raises(StorageError):
        unpack(packed)


@pytest.mark.parametrize("field", ["fx", "j{", ""])
def test_an_exact_field_of_another_hand_is_refused(field: str) -> None:
    with pytest.raises(StorageError):
        read_exact(field)
