"""What provider and browser may send to the ways in: only what was signed for us and asked by us ever opens one."""

from __future__ import annotations

import hmac
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from gateway.access.doors import Site
from gateway.access.flows import Flows
from gateway.access.oidc import keys as published
from gateway.access.oidc.options import OidcOptions
from gateway.access.oidc.tokens import Expected, groups_in, read_id_token
from gateway.access.passkeys import check_answer, check_new
from gateway.access.port import SignInError
from gateway.audit.key import InstallKey
from gateway.clock import ManualClock
from gateway.errors import ConfigError, InvalidRequestError, NotConnectedError
from tests.peers.authenticator import Device

NOW_S = 1_767_225_600
KEY = ECKey.generate_key("P-256", parameters={"kid": "one", "use": "sig"})
KEYS = KeySet([KEY])
EXPECTED = Expected(
    issuer="https://login.example", client_id="taktline", nonce="n-1", now_s=NOW_S, skew_s=60
)
GOOD: dict[str, Any] = {
    "iss": "https://login.example",
    "aud": "taktline",
    "sub": "s-anna",
    "nonce": "n-1",
    "exp": NOW_S + 60,
    "iat": NOW_S,
}
OPTIONS = OidcOptions.model_validate(
    {"issuer": "https://login.example", "client_id": "x", "roles": {"a": ["viewer"]}}
)
SITE = Site(host="floor.example", origin="https://floor.example")
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=8,
)


def signed(claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": "one", **header}, claims, KEY)


def test_a_good_token_is_read_and_each_claim_counts() -> None:
    assert read_id_token(signed(GOOD), KEYS, EXPECTED)["sub"] == "s-anna"
    late = signed(GOOD | {"exp": NOW_S - 59})
    assert read_id_token(late, KEYS, EXPECTED), "within the skew of clocks"
    for wrong in (
        {"iss": "https://login.example/"},
        {"aud": "another"},
        {"aud": ["taktline", "another"]},
        {"aud": ["taktline"], "azp": "another"},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": 7},
        {"nonce": "n-2"},
        {"exp": NOW_S - 61},
        {"exp": "never"},
        {"nbf": NOW_S + 120},
        {"iat": NOW_S + 120},
    ):
        with pytest.raises(SignInError):
            read_id_token(signed(GOOD | wrong), KEYS, EXPECTED)
    for missing in GOOD:
        with pytest.raises(SignInError):
            read_id_token(signed({k: v for k, v in GOOD.items() if k != missing}), KEYS, EXPECTED)


def test_no_other_signature_than_the_providers_counts() -> None:
    public = KEY.as_pem(private=False)
    head = bytes_to_base64url(orjson.dumps({"alg": "HS256", "kid": "one"}))
    text = f"{head}.{bytes_to_base64url(orjson.dumps(GOOD))}"
    code = hmac.digest(public, text.encode(), "sha256")
    forged = [
        # Signed with the public key as if it were a secret that both know.
        f"{text}.{bytes_to_base64url(code)}",
        jwt.encode({"alg": "ES256", "kid": "one"}, GOOD, ECKey.generate_key("P-256")),
        jwt.encode(
            {"alg": "RS256", "kid": "one"}, GOOD, RSAKey.generate_key(2048), algorithms=["RS256"]
        ),
        f"{bytes_to_base64url(orjson.dumps({'alg': 'none', 'kid': 'one'}))}.{bytes_to_base64url(orjson.dumps(GOOD))}.",
        signed(GOOD).rpartition(".")[0] + ".",
        signed(GOOD, kid="two"),
        "x" * 40_000,
    ]
    for each in forged:
        with pytest.raises(SignInError):
            read_id_token(each, KEYS, EXPECTED)


@given(st.text(max_size=300) | st.lists(st.text(max_size=40), max_size=4).map(".".join))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(SignInError):
        read_id_token(text, KEYS, EXPECTED)


TOKEN = signed(GOOD)


@given(st.integers(0, len(TOKEN) - 2), st.characters(codec="ascii"))
def test_no_changed_letter_goes_unnoticed(at: int, letter: str) -> None:
    # The last letter of base64 holds bits that nobody reads.
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    if changed != TOKEN:
        with pytest.raises(SignInError):
            read_id_token(changed, KEYS, EXPECTED)


@given(json)
def test_any_document_of_the_provider_is_read_or_refused(document: object) -> None:
    found = document if isinstance(document, dict) else {"issuer": OPTIONS.issuer, "keys": document}
    for read in (
        lambda: published.read_metadata(found, OPTIONS),
        lambda: published._key_set(found),
    ):
        with pytest.raises((ConfigError, NotConnectedError)):
            read()
    assert groups_in(found, "a.b") is None or isinstance(groups_in(found, "a.b"), frozenset)


@given(st.sampled_from(["authorization_endpoint", "token_endpoint", "jwks_uri"]), st.text())
def test_the_provider_sends_us_nowhere_that_is_not_declared(name: str, url: str) -> None:
    here = "https://login.example/x"
    found = {
        "issuer": OPTIONS.issuer,
        "authorization_endpoint": here,
        "token_endpoint": here,
        "jwks_uri": here,
    }
    assert published.read_metadata(found, OPTIONS).token_endpoint == here
    for wrong in (url, f"https://{url}", "http://login.example/x", "https://login.example@evil/"):
        with pytest.raises(ConfigError):
            published.read_metadata(found | {name: wrong}, OPTIONS)


@given(st.text(max_size=200) | st.binary(max_size=100).map(lambda b: b.decode("latin-1")))
def test_what_nobody_sealed_opens_to_nothing(text: str) -> None:
    assert flows("a").open(text) is None


def flows(purpose: str) -> Flows:
    key = InstallKey(bytes(range(32)))
    return Flows(key, purpose=purpose, clock=ManualClock(), good_s=60)


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=4))
def test_what_was_sealed_for_one_purpose_opens_for_that_alone(facts: dict[str, str]) -> None:
    sealed = flows("a").seal(facts)
    one = flows("a")
    assert one.open(sealed) == facts
    assert flows("b").open(sealed) is None
    assert one.spend(sealed)
    assert one.open(sealed) is None
    assert not one.spend(sealed)


DEVICE = Device(SITE.origin)
MADE = DEVICE.create({"user": {"id": "AAAA"}, "rp": {"id": SITE.host}, "challenge": "AAAA"})
PUBLIC = check_new(MADE, challenge="AAAA", site=SITE).credential_public_key
ANSWERED = DEVICE.get({"challenge": "AAAA", "rpId": SITE.host})


def answered(credential: dict[str, Any]) -> int:
    return check_answer(
        credential,
        challenge="AAAA",
        public_key=bytes_to_base64url(PUBLIC),
        sign_count=0,
        handle=bytes(3),
        site=SITE,
    )


texts = st.text(max_size=40) | st.binary(max_size=200).map(
    lambda raw: orjson.dumps(raw.hex()).decode()
)


@settings(max_examples=200)
@given(
    st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "attestationObject"]),
    texts | json,
    json,
)
def test_no_answer_of_a_device_but_the_right_one_is_taken(
    name: str, value: object, whole: object
) -> None:
    assert answered(ANSWERED) == 1
    for made in (ANSWERED, MADE):
        if name in made["response"]:
            wrong = made | {"response": made["response"] | {name: value}}
            with pytest.raises((SignInError, InvalidRequestError)):
                answered(wrong)
            with pytest.raises((SignInError, InvalidRequestError)):
                check_new(wrong, challenge="AAAA", site=SITE)
    loose = whole if isinstance(whole, dict) else {"id": whole, "response": whole}
    with pytest.raises(SignInError):
        answered(loose)
    with pytest.raises(InvalidRequestError):
        check_new(loose, challenge="AAAA", site=SITE)


@settings(max_examples=200)
@given(st.data())
def test_any_flipped_bit_of_what_a_device_made_is_refused_or_harmless(data: st.DataObject) -> None:
    raw = bytearray(base64url_to_bytes(MADE["response"]["attestationObject"]))
    cut = data.draw(st.integers(0, len(raw)))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= 1 << data.draw(st.integers(0, 7))
    response = MADE["response"] | {"attestationObject": bytes_to_base64url(bytes(raw[:cut]))}
    try:
        check_new(MADE | {"response": response}, challenge="AAAA", site=SITE)
    except InvalidRequestError:
        return
    assert cut == len(raw), "what was cut is never whole"
