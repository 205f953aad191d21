"""Reads ID tokens: signature, who made it for whom, when, and for which of our questions.

OpenID Connect Core 1.0, 3.1.3.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from gateway.access.port import SignInError

ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
)
"""Signatures with a key pair alone: with `HS256` our own secret could sign, with `none` anybody."""
MAX_TOKEN: Final = 32_768
_MAX_SUBJECT: Final = 255
_MAX_GROUPS: Final = 1000


class UnknownKeyError(SignInError):
    """The token names a key that we do not hold: ask for the provider's keys anew, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an ID token must say."""

    issuer: str
    client_id: str
    nonce: str
    now_s: int
    skew_s: int


def read_id_token(text: str, keys: KeySet, expected: Expected) -> Mapping[str, Any]:
    """Return the claims of a token that holds in every respect; raises `SignInError`, `UnknownKeyError`."""
    if len(text) > MAX_TOKEN:
        msg = "the provider's token is too long"
        raise SignInError(msg)
    try:
        claims = jwt.decode(text, keys, algorithms=ALGORITHMS).claims
        _rules(expected).validate(claims)
    except InvalidKeyIdError as error:
        msg = "the provider's token is signed with a key it does not publish"
        raise UnknownKeyError(msg) from error
    except (JoseError, ValueError, TypeError, KeyError) as error:
        msg = f"the provider's token does not hold: {type(error).__name__} {_claim(error)}".strip()
        raise SignInError(msg) from error
    _check_party(claims, expected)
    return claims


def _rules(expected: Expected) -> jwt.JWTClaimsRegistry:
    return jwt.JWTClaimsRegistry(
        now=expected.now_s,
        leeway=expected.skew_s,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        nonce={"essential": True, "value": expected.nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _claim(error: Exception) -> str:
    return str(getattr(error, "claim", "") or "")[:40]


def _check_party(claims: Mapping[str, Any], expected: Expected) -> None:
    audience, party = claims["aud"], claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or party is not None) and party != expected.client_id:
        msg = "the provider's token was made for somebody else"
        raise SignInError(msg)
    if len(claims["sub"]) > _MAX_SUBJECT:
        msg = "the provider's token names a subject of more than 255 characters"
        raise SignInError(msg)


def claim_at(claims: Mapping[str, Any], name: str) -> Any:
    """Return a claim by its name, or by the way to it where dots are in it; None where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def groups_in(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    """Return the groups that claims list under a name, or None where they say nothing of it."""
    found = claim_at(claims, name)
    if isinstance(found, str):
        return frozenset({found})
    if isinstance(found, list):
        return frozenset(each for each in found[:_MAX_GROUPS] if isinstance(each, str))
    return None
