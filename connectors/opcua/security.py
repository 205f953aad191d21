"""Who the server must be and how the channel is encrypted; a server's certificate is never trusted on first use."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies as policies
from asyncua.ua.uaerrors import UaError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import Field, SecretStr, field_validator

from connectors.opcua.wire.transport import RawClient
from gateway.clock import NS_PER_S
from gateway.errors import RefusedError
from gateway.options import Options


class Policy(StrEnum):
    """Security policies that are not broken."""

    BASIC256SHA256 = "Basic256Sha256"
    AES128_SHA256_RSAOAEP = "Aes128Sha256RsaOaep"
    AES256_SHA256_RSAPSS = "Aes256Sha256RsaPss"


class SecurityOptions(Options):
    """Policy, our own certificate and key, and the certificate that the server must show."""

    policy: Policy = Field(Policy.BASIC256SHA256, description="Security policy.")
    mode: Literal["SignAndEncrypt"] = Field("SignAndEncrypt", description="Message security mode.")
    certificate: Path = Field(description="Our application certificate, .der or .pem.")
    private_key: Path = Field(description="The key of that certificate, .pem or .der.")
    private_key_password: SecretStr = Field(SecretStr(""), description="Password of the key file.")
    server_certificate: Path = Field(
        description="The certificate that the server must show, .der or .pem, obtained from its maker or operator."
    )

    @field_validator("certificate", "private_key", "server_certificate")
    @classmethod
    def _suffix(cls, path: Path) -> Path:
        if path.suffix.lower() not in {".der", ".pem"}:
            msg = f"{path.name}: want a .der or .pem file"
            raise ValueError(msg)
        return path


_POLICIES: Final[dict[Policy, Any]] = {
    Policy.BASIC256SHA256: policies.SecurityPolicyBasic256Sha256,
    Policy.AES128_SHA256_RSAOAEP: policies.SecurityPolicyAes128Sha256RsaOaep,
    Policy.AES256_SHA256_RSAPSS: policies.SecurityPolicyAes256Sha256RsaPss,
}


async def secure(client: Client, options: SecurityOptions, *, now_ns: int) -> None:
    """Arm a client with its keys and the server it must meet; raises `RefusedError` for unusable files."""
    try:
        own = await asyncio.to_thread(_load, options.certificate)
        trusted = await asyncio.to_thread(_load, options.server_certificate)
        _check_dates(own, "our certificate", now_ns)
        _check_dates(trusted, "the trusted server certificate", now_ns)
        client.application_uri = _application_uri(own) or client.application_uri
        await client.set_security(
            _POLICIES[options.policy],
            certificate=str(options.certificate),
            private_key=str(options.private_key),
            private_key_password=options.private_key_password.get_secret_value() or None,
            server_certificate=str(options.server_certificate),
            mode=ua.MessageSecurityMode.SignAndEncrypt,
        )
    except (OSError, ValueError, TypeError, UaError) as error:
        msg = f"certificate or key cannot be used: {error}"
        raise RefusedError(msg) from error


async def diagnose(client: RawClient, options: SecurityOptions, *, timeout_s: float) -> str | None:
    """Ask a server that would not talk to us, unencrypted, whether it is the trusted one; return what is wrong.

    Nothing is believed of the answer but a reason to refuse: a server that lies here gains nothing.
    """
    try:
        async with asyncio.timeout(timeout_s):
            endpoints = await client.connect_and_get_server_endpoints()
        trusted = (await asyncio.to_thread(_load, options.server_certificate)).public_bytes(
            Encoding.DER
        )
    except (OSError, TimeoutError, ValueError, UaError):
        return None
    finally:
        client.cut()
    uri = _POLICIES[options.policy].URI
    offered = [
        endpoint.ServerCertificate
        for endpoint in endpoints
        if endpoint.SecurityPolicyUri == uri
        and endpoint.SecurityMode == ua.MessageSecurityMode.SignAndEncrypt
    ]
    if not offered:
        return f"the server does not offer {options.policy} with {options.mode}"
    # A certificate may come with its chain behind it.
    if not any(shown and shown.startswith(trusted) for shown in offered):
        shown = sha256(offered[0] or b"").hexdigest()
        return f"the server shows another certificate than the trusted one (SHA-256 {shown})"
    return None


def _load(path: Path) -> x509.Certificate:
    content = path.read_bytes()
    if path.suffix.lower() == ".pem":
        return x509.load_pem_x509_certificate(content)
    return x509.load_der_x509_certificate(content)


def _check_dates(certificate: x509.Certificate, what: str, now_ns: int) -> None:
    now = datetime.fromtimestamp(now_ns / NS_PER_S, UTC)
    if now > certificate.not_valid_after_utc:
        msg = f"{what} expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        raise RefusedError(msg)
    if now < certificate.not_valid_before_utc:
        msg = f"{what} is not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise RefusedError(msg)


def _application_uri(certificate: x509.Certificate) -> str | None:
    """Return the URI that servers compare with the one we state."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None
    uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    return uris[0] if uris else None
