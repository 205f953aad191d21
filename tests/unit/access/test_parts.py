"""Passwords, attempts, codes and secrets on their own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pyotp
import pytest

from gateway.access.attempts import Attempts, network_of
from gateway.access.codes import Codes
from gateway.access.passwords import Match, Passwords, check_password
from gateway.access.secrets import SecretKind, csrf_of, digest, new_secret
from gateway.audit.key import InstallKey
from gateway.clock import ManualClock
from gateway.errors import BackOffError, ConfigError, InvalidRequestError
from web.refusals import Refusals


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("fourteen chars", "15 to 128"),
        ("x" * 129, "15 to 128"),
        ("abcabcabcabcabcabc", "one short piece"),
        ("aaaaaaaaaaaaaaab", "one short piece"),
        ("my name is Anna-Lena!", "user's name"),
    ],
)
def test_what_is_wrong_with_a_password_is_told(password: str, wrong: str) -> None:
    with pytest.raises(InvalidRequestError, match=wrong):
        check_password(password, user="anna-lena")


async def test_passwords_are_kept_as_argon2id_with_owasps_parameters() -> None:
    passwords = Passwords()
    try:
        kept = await passwords.hash("a sentence of some length")
        assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert await passwords.matches(kept, "a sentence of some length") is Match.YES
        assert await passwords.matches(kept, "another sentence") is Match.NO
        assert await passwords.matches("", "nobody has this password") is Match.NO
        assert await passwords.matches("rubbish", "x") is Match.NO
        weak = kept.replace("m=19456", "m=8")
        assert await passwords.matches(weak, "a sentence of some length") is Match.NO
    finally:
        passwords.close()


async def test_a_flood_of_sign_ins_is_bounded() -> None:
    passwords = Passwords()
    try:
        found = await asyncio.gather(
            *(passwords.matches("", "x") for _ in range(50)), return_exceptions=True
        )
        refused = [each for each in found if isinstance(each, BackOffError)]
        assert len(refused) == passwords.refused == 18
    finally:
        passwords.close()


async def test_failures_lock_for_longer_each_time_and_are_forgotten() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    waits = []
    for _ in range(11):
        try:
            attempts.admit(user="anna", address="10.0.0.1")
        except BackOffError as error:
            waits.append(error.wait_s)
            await clock.advance(error.wait_s)
            attempts.admit(user="anna", address="10.0.0.1")
    assert waits == [30, 60, 120, 240, 480, 900]
    await clock.advance(3601)
    attempts.admit(user="anna", address="10.0.0.1")
    assert not attempts.locked(user="anna", address="10.0.0.1")


def test_a_host_that_holds_many_addresses_is_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::"
    assert network_of("2001:db8:0:1::1") != network_of("2001:db8::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("testclient") == "testclient"


def test_refusals_of_a_kind_are_written_once_in_ten_seconds() -> None:
    refusals = Refusals()
    assert [refusals.is_news("a", "x", now_s=s) for s in (0.0, 9.0, 10.0)] == [True, False, True]
    assert refusals.is_news("a", "y", now_s=10.0)
    assert refusals.is_news("b", "x", now_s=10.0)
    assert refusals.left_out == 1


def test_what_is_remembered_of_attempts_is_bounded() -> None:
    attempts = Attempts(ManualClock())
    for n in range(6000):
        attempts.admit(user=f"u{n}", address=f"a{n}")
    assert len(attempts) == 10_000
    assert attempts.forgotten == 2000


def test_a_code_counts_once_within_a_step_either_side(tmp_path: Path) -> None:
    codes = Codes(InstallKey.create(tmp_path / "k"), issuer="T")
    kept, address = codes.new("anna")
    totp = pyotp.parse_uri(address)
    assert isinstance(totp, pyotp.TOTP)
    assert totp.secret not in kept
    now_s = 1_800_000_000
    step = now_s // 30
    for late_s, fits in ((0, step), (-30, step - 1), (30, step + 1), (-60, None), (60, None)):
        code = totp.at(now_s + late_s)
        assert codes.step(kept, code, after=0, now_ns=now_s * 10**9) == fits
    assert codes.step(kept, totp.at(now_s), after=step, now_ns=now_s * 10**9) is None
    for rubbish in ("", "12345", "1234567", "١٢٣٤٥٦", "12345x"):
        assert codes.step(kept, rubbish, after=0, now_ns=now_s * 10**9) is None
    other = Codes(InstallKey.create(tmp_path / "other"), issuer="T")
    with pytest.raises(ConfigError, match="another installation key"):
        other.step(kept, "123456", after=0, now_ns=0)


def test_a_secret_has_256_bits_and_is_kept_as_a_digest() -> None:
    made = {new_secret(kind) for kind in SecretKind for _ in range(100)}
    assert len(made) == 300
    assert all(len(secret) == 47 for secret in made)
    secret = made.pop()
    assert secret not in digest(secret)
    assert csrf_of(secret) not in (secret, digest(secret))
