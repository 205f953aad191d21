"""TLS by one option: a certificate of one's own, nothing older than 1.2, and cookies bound to it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from gateway.access.oidc.fetch import HttpFetch
from gateway.errors import ConfigError, NotConnectedError
from tests.peers.access import LONG, house
from tests.peers.web_services import memory_plant
from web.options import WebOptions
from web.serve import serve
from web.server import create_app


@pytest.fixture
def tls(tmp_path: Path) -> dict[str, str]:
    """A self-signed certificate for 127.0.0.1, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "floor")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = tmp_path / "floor.pem", tmp_path / "floor.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"certificate": str(certificate), "key": str(secret)}


async def test_page_and_feed_are_served_over_tls(tmp_path: Path, tls: dict[str, str]) -> None:
    trust = ssl.create_default_context(cafile=tls["certificate"])
    async with (
        house(tmp_path, tls=tls) as home,
        home.listening() as port,
        httpx.AsyncClient(verify=trust, base_url=f"https://127.0.0.1:{port}") as client,
    ):
        body = {"name": "root", "password": LONG}
        answer = await client.post("/api/v1/session", json=body)
        assert answer.headers["set-cookie"].startswith("__Host-taktline=")
        assert "max-age" in answer.headers["strict-transport-security"]
        cookie = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
        async with connect(
            f"wss://127.0.0.1:{port}/api/live",
            ssl=trust,
            subprotocols=["floor.v1"],  # type: ignore[list-item]  # a NewType of str
            additional_headers=cookie,
        ) as socket:
            assert "welcome" in str(await socket.recv())
        old = ssl.create_default_context(cafile=tls["certificate"])
        old.set_ciphers("ECDHE+AESGCM:AES128-SHA256")
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        async with httpx.AsyncClient(verify=old) as dated:
            assert (await dated.get(f"https://127.0.0.1:{port}/healthz")).status_code == 200
        old.set_ciphers("AES128-SHA256")
        async with httpx.AsyncClient(verify=old) as weak:
            with pytest.raises(httpx.ConnectError):
                await weak.get(f"https://127.0.0.1:{port}/healthz")


class Said(BaseHTTPRequestHandler):
    """Answers everything with an empty JSON object."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as its base has it
        """Say nothing."""


@pytest.fixture
def provider_port(tls: dict[str, str]) -> Iterator[int]:
    """A server that shows the certificate; a handshake that fails is no connection to it."""
    server = HTTPServer(("127.0.0.1", 0), Said)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tls["certificate"], tls["key"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_provider_shows_a_certificate_that_is_trusted(
    tmp_path: Path, tls: dict[str, str], provider_port: int
) -> None:
    hosts = frozenset({"127.0.0.1", "localhost"})
    at = f"https://127.0.0.1:{provider_port}/keys"
    known = HttpFetch(hosts, ca_file=Path(tls["certificate"]))
    assert known(at) == (200, {})
    with pytest.raises(NotConnectedError, match="SSLError"):
        HttpFetch(hosts, ca_file=None)(at)
    with pytest.raises(NotConnectedError, match="SSLError"):
        known(at.replace("127.0.0.1", "localhost"))
    with pytest.raises(ConfigError, match="ca_file"):
        HttpFetch(hosts, ca_file=tmp_path / "none.pem")


@pytest.mark.parametrize("broken", ["certificate", "key"])
async def test_a_wrong_file_is_told(tmp_path: Path, tls: dict[str, str], broken: str) -> None:
    options = WebOptions.model_validate({"tls": tls | {broken: str(tmp_path / "none.pem")}})
    app = create_app(memory_plant(folder=tmp_path).services, options)
    with pytest.raises(ConfigError, match=r"web\.tls"):
        await serve(app, options)


async def test_an_open_connection_beyond_this_machine_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = WebOptions(host="no.such.host.invalid")
    app = create_app(memory_plant(folder=tmp_path).services, options)
    with caplog.at_level(logging.WARNING), pytest.raises(ConfigError, match=r"web\.host"):
        await serve(app, options)
    assert "over an open connection" in caplog.text
