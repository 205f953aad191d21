"""One-time codes (TOTP, RFC 6238) as a second factor; the secret is kept enciphered, each code counts once."""

from __future__ import annotations

import base64
import hmac
from typing import Final

import pyotp
from cryptography.fernet import Fernet, InvalidToken

from gateway.audit.key import InstallKey
from gateway.clock import NS_PER_S
from gateway.errors import ConfigError

_STEP_S: Final = 30
_DIGITS: Final = 6


class Codes:
    """Makes, enciphers and checks one-time codes."""

    def __init__(self, key: InstallKey, *, issuer: str) -> None:
        self._cipher = Fernet(base64.urlsafe_b64encode(key.derive("one-time codes")))
        self._issuer = issuer

    def new(self, user: str) -> tuple[str, str]:
        """Return the enciphered secret and the `otpauth:` address that shows it to an app."""
        secret = pyotp.random_base32()
        address = pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=self._issuer)
        return self._cipher.encrypt(secret.encode()).decode(), address

    def step(self, kept: str, code: str, *, after: int, now_ns: int) -> int | None:
        """Return the time step that a code belongs to, or None; steps up to `after` are used up."""
        if not (len(code) == _DIGITS and code.isascii() and code.isdigit()):
            return None
        try:
            generator = pyotp.TOTP(self._cipher.decrypt(kept.encode()).decode())
        except InvalidToken as error:
            msg = "a one-time code was made with another installation key; reset that user"
            raise ConfigError(msg) from error
        now = now_ns // NS_PER_S // _STEP_S
        for step in (now, now - 1, now + 1):
            if hmac.compare_digest(generator.generate_otp(step), code):
                return step if step > after else None
        return None
