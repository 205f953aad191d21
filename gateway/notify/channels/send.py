"""Sends one message by one channel, in a thread: a true answer, an error to try again after, or a refusal."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import orjson
import urllib3

from gateway.errors import BackOffError, ConfigError, NotConnectedError, RefusedError
from gateway.notify.channels.hosts import UndeclaredHostError, only
from gateway.notify.channels.options import (
    ADDRESS_MARK,
    AppriseOptions,
    ChannelOptions,
    MailOptions,
    MailSecurity,
    WebhookOptions,
)
from gateway.notify.channels.webhook import IDEMPOTENCY, SIGNATURE, signature

_MODES: Final = {
    MailSecurity.STARTTLS: "starttls",
    MailSecurity.TLS: "ssl",
    MailSecurity.NONE: "insecure",
}
_LATER: Final = frozenset({408, 409, 425, 429})
MAX_WAIT_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be sent: `key` is the same at every try, `payload` what machines read."""

    key: str
    address: str
    subject: str
    body: str
    payload: Mapping[str, object]
    time_s: int


def send(channel: ChannelOptions, message: Outgoing, *, allowed: frozenset[str]) -> None:
    """Send, and return once the other side has taken it.

    Raises `NotConnectedError` or `BackOffError` where a later try may succeed, `RefusedError` where that takes
    somebody's doing on the other side, `ConfigError` where it takes another configuration. Nothing that it raises
    holds a secret.
    """
    secrets = [each for each in channel.secrets if each not in allowed]
    try:
        with only(allowed):
            if isinstance(channel, WebhookOptions):
                _post(channel, message)
            elif isinstance(channel, MailOptions):
                _by_apprise(mail_url(channel, message), message)
            elif isinstance(channel, AppriseOptions):
                _by_apprise(_personal(channel, message.address), message)
    except BackOffError:
        raise
    except UndeclaredHostError as error:
        raise ConfigError(str(error)) from None
    except (NotConnectedError, RefusedError, ConfigError) as error:
        # `from None`: what caused it may name the address with its keys.
        raise type(error)(scrubbed(str(error), secrets)) from None
    except Exception as error:  # noqa: BLE001 - a hundred plugins of others: a fault in one must not end the gateway
        said = scrubbed(f"{type(error).__name__}: {error}", secrets)
        raise NotConnectedError(said) from None


def scrubbed(text: str, secrets: Sequence[str]) -> str:
    """Return a text of one line with every secret of a channel taken out."""
    for secret in sorted(secrets, key=len, reverse=True):
        for shown in {secret, quote(secret, safe=""), quote(secret)}:
            text = text.replace(shown, "***") if shown else text
    return "".join(each if each.isprintable() else " " for each in text)[:500]


def mail_url(channel: MailOptions, message: Outgoing) -> str:
    """Return the Apprise address of a mail; it holds the password."""
    user = ""
    if channel.password is not None:
        user = (
            f"{quote(channel.user, safe='')}:{quote(channel.password.get_secret_value(), safe='')}@"
        )
    query = {
        "from": channel.sender,
        "to": message.address,
        "mode": _MODES[channel.security],
        "name": "Taktline",
        "format": "text",
        "cto": channel.timeout_s,
        "rto": channel.timeout_s,
        "+X-Taktline-Key": message.key,
        "+Auto-Submitted": "auto-generated",
    }
    scheme = "mailto" if channel.security is MailSecurity.NONE else "mailtos"
    host = f"[{channel.host}]" if ":" in channel.host else channel.host
    return f"{scheme}://{user}{host}:{channel.port}/?{urlencode(query)}"


def _personal(channel: AppriseOptions, address: str) -> str:
    url = channel.url.get_secret_value().replace(ADDRESS_MARK, quote(address, safe=""))
    return f"{url}{'&' if '?' in url else '?'}cto={channel.timeout_s}&rto={channel.timeout_s}"


class _Said(logging.Handler):
    """Keeps what Apprise says in this thread about a failure; it answers with no more than False."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._thread = threading.get_ident()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep warnings, and the exception that is told as a debug line only."""
        if record.thread != self._thread:
            return
        text = record.getMessage()
        if record.levelno >= logging.WARNING or "xception" in text:
            self.lines.append(text)

    def why(self) -> str:
        """Return what was said as one sentence."""
        found = [re.sub(r"^Socket Exception: ", "", line.strip()) for line in self.lines]
        return "; ".join(dict.fromkeys(each for each in found if each)) or "it was not accepted"


def _by_apprise(url: str, message: Outgoing) -> None:
    from apprise import Apprise, AppriseAsset  # noqa: PLC0415 - half a second and 20 MB that only a send pays

    said = _Said()
    logger = logging.getLogger("apprise")
    # Its own lines may name addresses with keys: they reach nobody but the handler above.
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    logger.addHandler(said)
    try:
        asset = AppriseAsset(
            app_id="Taktline",
            app_desc="Taktline",
            app_url="",
            http_redirects=False,
            storage_mode="memory",
        )
        plugin = Apprise.instantiate(url, asset=asset)
        if plugin is None:
            raise ConfigError(f"no service of Apprise takes this address: {said.why()}")
        if not plugin.notify(body=message.body, title=message.subject):
            raise NotConnectedError(said.why())
    finally:
        logger.removeHandler(said)


def _post(channel: WebhookOptions, message: Outgoing) -> None:
    body = orjson.dumps(message.payload)
    signed = signature(
        channel.secret.get_secret_value(), time_s=message.time_s, key=message.key, body=body
    )
    timeout = urllib3.Timeout(total=channel.timeout_s)
    headers = {
        "content-type": "application/json",
        "user-agent": "Taktline",
        SIGNATURE: signed,
        IDEMPOTENCY: message.key,
    }
    with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
        try:
            answer = pool.request(
                "POST",
                channel.url,
                body=body,
                headers=headers,
                redirect=False,
                preload_content=False,
            )
            answer.read(4096)
            answer.close()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise NotConnectedError(f"{type(error).__name__}: {error}") from error
    _judged(answer.status, answer.headers.get("retry-after", ""))


def _judged(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in _LATER:
        if retry_after.isascii() and retry_after.isdigit():
            wait_s = min(float(retry_after), MAX_WAIT_S)
            raise BackOffError(f"the receiver answered {status}", wait_s=wait_s)
        raise NotConnectedError(f"the receiver answered {status}")
    raise RefusedError(f"the receiver answered {status}")
