"""What the network may send to sign-in and the audit: nothing raises, nothing leaks, nothing is widened."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from gateway.access.port import Identity
from gateway.access.rights import Grant, Right, Role, grant_text, may, parse_grant
from gateway.audit.chain import START, link
from gateway.audit.port import Entry
from gateway.errors import InvalidRequestError
from web.redaction import told

levels = st.text("abc1-_.", min_size=1, max_size=4).filter(lambda level: level.strip(".") != "")
zones = st.lists(levels, max_size=3).map("/".join)
grants = st.builds(Grant, st.sampled_from(Role), zones)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)
CANARY = "canary-7f3a"


@given(st.text(max_size=300))
def test_a_grant_is_read_or_refused(text: str) -> None:
    try:
        found = parse_grant(text)
    except InvalidRequestError:
        return
    assert parse_grant(grant_text(found)) == found


@given(grants)
def test_every_grant_reads_back(grant: Grant) -> None:
    assert parse_grant(grant_text(grant)) == grant


@given(st.lists(grants, max_size=4), st.sampled_from(Right), zones, zones)
def test_what_holds_for_a_zone_holds_below_it(
    held: list[Grant], right: Right, zone: str, below: str
) -> None:
    if may(held, right, zone):
        deeper = "/".join(part for part in (zone, below) if part)
        assert may(held, right, deeper)


@given(st.lists(grants, max_size=4), st.frozensets(st.sampled_from(Right)), st.sampled_from(Right))
def test_narrowing_never_widens(held: list[Grant], rights: frozenset[Right], right: Right) -> None:
    whole = Identity(name="t", kind="service", grants=tuple(held))
    narrow = Identity(name="t", kind="service", grants=tuple(held), rights=rights)
    assert not narrow.may(right) or (whole.may(right) and right in rights)


@given(
    json,
    st.sampled_from(
        ["password", "new_password", "secret", "token", "code", "apiKey", "Old_Password"]
    ),
)
def test_a_secret_never_reaches_the_audit(around: object, name: str) -> None:
    body = orjson.dumps({"deep": [{name: CANARY}, around], name: {"inner": CANARY}})
    assert CANARY not in told("", body)


@given(st.binary(max_size=6000), st.text(max_size=3000))
def test_any_body_becomes_json_text(body: bytes, query: str) -> None:
    clean = query.encode(errors="replace").decode()
    assert isinstance(orjson.loads(told(clean, body)), dict)


texts = st.text(max_size=20)
entries = st.builds(Entry, actor=texts, kind=texts, action=texts, target=texts, detail=texts)


@given(entries, entries, st.integers(1, 2**60), st.integers(0, 2**60))
def test_a_code_fits_one_entry_alone(one: Entry, two: Entry, seq: int, time_ns: int) -> None:
    key = b"k" * 32
    first = link(key, START, seq=seq, time_ns=time_ns, entry=one)
    assert first == link(key, START, seq=seq, time_ns=time_ns, entry=one)
    assert (first == link(key, START, seq=seq, time_ns=time_ns, entry=two)) == (one == two)
    assert first != link(key, first, seq=seq, time_ns=time_ns, entry=one)
