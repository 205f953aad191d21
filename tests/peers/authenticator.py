"""A passkey device in software: makes key pairs and signs, as WebAuthn Level 2 says, and lies where a test wants it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, encode_cbor
from webauthn.helpers import bytes_to_base64url as text

UP, UV, AT = 0x01, 0x04, 0x40
AAGUID = bytes(16)


@dataclass
class Device:
    """One passkey and who holds it; `flags` are what it says of its owner; some devices do not count."""

    origin: str
    flags: int = UP | UV
    count: int = 0
    counts: bool = True
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: str | None = None

    def create(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Answer what `navigator.credentials.create` was given."""
        self.handle = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public = encode_cbor(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        attested = AAGUID + len(self.credential_id).to_bytes(2) + self.credential_id + public
        data = self._data(options["rp"]["id"], self.flags | AT) + attested
        made = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._credential(
            clientDataJSON=self._client("webauthn.create", options["challenge"]),
            attestationObject=text(encode_cbor(made)),
        )

    def get(self, options: Mapping[str, Any], *, rp_id: str = "") -> dict[str, Any]:
        """Answer what `navigator.credentials.get` was given."""
        self.count += self.counts
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(rp_id or options["rpId"], self.flags)
        signed = data + hashlib.sha256(base64url_to_bytes(client)).digest()
        return self._credential(
            clientDataJSON=client,
            authenticatorData=text(data),
            signature=text(self.key.sign(signed, ec.ECDSA(SHA256()))),
            userHandle=self.handle,
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, what: str, challenge: str) -> str:
        said = {
            "type": what,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
        }
        return text(json.dumps(said).encode())

    def _credential(self, **response: Any) -> dict[str, Any]:
        name = text(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": response,
        }
