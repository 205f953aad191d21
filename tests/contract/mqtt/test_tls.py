"""TLS: the broker's certificate is checked against the configured authority, always."""

import datetime as dt
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.errors import NotConnectedError, RefusedError
from tests.peers.mosquitto import Mosquitto
from tests.peers.mqtt_driver import driver

pytestmark = pytest.mark.peer

MAPPINGS = [{"topic": "t", "format": "value", "signals": [{"signal": "a/b/c/d/e"}]}]


@pytest.fixture
def certificate(tmp_path):
    """A self-signed certificate for 127.0.0.1, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    pem, secret = tmp_path / "broker.pem", tmp_path / "broker.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


async def test_a_trusted_broker(tmp_path, certificate):
    with Mosquitto(tmp_path, tls=certificate) as broker:
        async with driver(
            broker.port, tls={"ca_file": certificate[0]}, mappings=MAPPINGS
        ) as gateway:
            assert gateway.connector.target.startswith("mqtts://")


async def test_an_unknown_authority_is_refused(tmp_path, certificate):
    with Mosquitto(tmp_path, tls=certificate) as broker:
        gateway = driver(broker.port, tls={}, mappings=MAPPINGS)
        with pytest.raises(RefusedError, match="certificate is not trusted"):
            await gateway.connector.connect()


async def test_a_missing_file_is_refused_with_its_name(tmp_path):
    gateway = driver(1, tls={"ca_file": tmp_path / "none.pem"}, mappings=MAPPINGS)
    with pytest.raises(RefusedError, match="certificate files"):
        await gateway.connector.connect()


async def test_a_broker_without_tls(tmp_path):
    with Mosquitto(tmp_path) as broker:
        gateway = driver(broker.port, tls={}, mappings=MAPPINGS)
        with pytest.raises((RefusedError, NotConnectedError)):
            await gateway.connector.connect()
