"""One InfluxDB server over HTTP: requests, and what each answer means for the caller."""

from __future__ import annotations

import base64
import math
import re
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson
import urllib3

from gateway.clock import Clock
from gateway.errors import BackOffError, NotConnectedError, RefusedError, StorageError
from gateway.historian.options import InfluxOptions

_STORED: Final = 204
_UNUSABLE: Final = (400, 413, 422)
_BUSY: Final = (429, 503)
_DEFAULT_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 3600.0
_REASON_CHARACTERS: Final = 300


class UnusableError(Exception):
    """The server will never take this body as it is: too large, or at least one line is wrong."""

    def __init__(self, reason: str, *, too_large: bool) -> None:
        super().__init__(reason)
        self.too_large = too_large


class Server:
    """Blocking calls to one server; raises `NotConnectedError`, `BackOffError` or `RefusedError`."""

    def __init__(self, options: InfluxOptions, *, clock: Clock) -> None:
        self._options = options
        self._clock = clock
        self._pool = urllib3.PoolManager(
            retries=False, timeout=urllib3.Timeout(total=options.timeout_s), maxsize=4
        )
        # Half a second and 400 modules that only who keeps its history elsewhere pays.
        from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415
        from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415
        from influxdb_client.rest import ApiException  # noqa: PLC0415

        self._refusal = ApiException
        self._client = InfluxDBClient(
            url=options.url,
            token=options.token.get_secret_value(),
            org=options.org,
            timeout=math.ceil(options.timeout_s * 1000),
            retries=False,
        )
        self._writer = self._client.write_api(write_options=SYNCHRONOUS)
        self._writing = threading.Lock()

    def write(self, body: bytes) -> None:
        """Store lines; returns only once the server has answered that it holds them."""
        with self._writing:
            try:
                if self._options.version == "2":
                    status, headers, text = self._write_v2(body)
                else:
                    status, headers, text = self._write_v1(body)
            except urllib3.exceptions.HTTPError as error:
                raise NotConnectedError(self._unreachable(error)) from error
        if status != _STORED:
            self._refuse(status, headers, text)

    def query(self, statements: Sequence[str]) -> list[list[Mapping[str, Any]]]:
        """Run InfluxQL statements in one request; return the series of each."""
        try:
            answer = self._pool.request_encode_body(
                "POST",
                f"{self._options.url}/query",
                fields={"db": self._options.bucket, "epoch": "ns", "q": ";".join(statements)},
                encode_multipart=False,
                headers=self._credentials(),
            )
        except urllib3.exceptions.HTTPError as error:
            raise NotConnectedError(self._unreachable(error)) from error
        if answer.status != 200:
            try:
                self._refuse(answer.status, answer.headers, answer.data.decode(errors="replace"))
            except UnusableError as error:
                raise StorageError(f"{self._options.url} refused a query: {error}") from error
        return self._series(answer.data, len(statements))

    def close(self) -> None:
        """Release the connections."""
        self._client.close()  # type: ignore[no-untyped-call] # the library has no types here
        self._pool.clear()

    def _write_v2(self, body: bytes) -> tuple[int, Mapping[str, str], str]:
        try:
            self._writer.write(
                bucket=self._options.bucket,
                org=self._options.org,
                record=body,
                write_precision="ns",  # type: ignore[arg-type] # its constants are plain strings
            )
        except self._refusal as error:
            text = error.body if isinstance(error.body, str) else str(error.reason)
            return int(error.status or 0), dict(error.headers or {}), text
        answer = self._client.api_client.last_response
        return int(answer.status), dict(answer.getheaders()), ""

    def _write_v1(self, body: bytes) -> tuple[int, Mapping[str, str], str]:
        answer = self._pool.request(
            "POST",
            f"{self._options.url}/write?"
            + urlencode({"db": self._options.bucket, "precision": "ns"}),
            body=body,
            headers={**self._credentials(), "Content-Type": "text/plain; charset=utf-8"},
        )
        return answer.status, answer.headers, answer.data.decode(errors="replace")

    def _credentials(self) -> dict[str, str]:
        if self._options.version == "2":
            return {"Authorization": f"Token {self._options.token.get_secret_value()}"}
        if not self._options.username:
            return {}
        pair = f"{self._options.username}:{self._options.password.get_secret_value()}"
        return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _refuse(self, status: int, headers: Mapping[str, str], text: str) -> None:
        reason = f"{self._options.url} answered {status}: {_reason(text)}"
        if status in _UNUSABLE:
            raise UnusableError(reason, too_large=status == 413)
        if status in _BUSY:
            raise BackOffError(reason, wait_s=self._wait_s(headers))
        if status >= 500 or status == 408:
            raise NotConnectedError(reason)
        raise RefusedError(reason)

    def _wait_s(self, headers: Mapping[str, str]) -> float:
        """Return the seconds of a Retry-After header, given as a number or as a date."""
        told = {name.lower(): value for name, value in headers.items()}.get("retry-after", "")
        if told.strip().isdigit():
            return min(float(told), _LONGEST_WAIT_S)
        try:
            until = parsedate_to_datetime(told)
        except ValueError:
            return _DEFAULT_WAIT_S
        if until.tzinfo is None:
            until = until.replace(tzinfo=UTC)
        now = datetime.fromtimestamp(self._clock.now_ns() / 1e9, UTC)
        return min(max(_DEFAULT_WAIT_S, (until - now).total_seconds()), _LONGEST_WAIT_S)

    def _series(self, data: bytes, statements: int) -> list[list[Mapping[str, Any]]]:
        try:
            results = orjson.loads(data)["results"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise RefusedError(f"{self._options.url} does not answer as InfluxDB does") from error
        if not isinstance(results, list) or not all(isinstance(each, dict) for each in results):
            raise RefusedError(f"{self._options.url} does not answer as InfluxDB does")
        for result in results:
            if "error" in result:
                message = _reason(str(result["error"]))
                kind = RefusedError if "not found" in message else StorageError
                raise kind(f"{self._options.url} refused a query: {message}")
        if len(results) != statements:
            said = f"{len(results)} answers to {statements} questions"
            raise RefusedError(f"{self._options.url} does not answer InfluxQL: {said}")
        return [result.get("series", []) for result in results]

    def _unreachable(self, error: urllib3.exceptions.HTTPError) -> str:
        return f"{self._options.url} is not reachable: {_reason(str(error))}"


def _reason(text: str) -> str:
    """Return what the server said, cleaned of control characters and cut."""
    try:
        said = orjson.loads(text)
        text = str(said.get("message") or said.get("error") or text)
    except (orjson.JSONDecodeError, AttributeError):
        pass  # not JSON: the text itself is the reason
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text)[:_REASON_CHARACTERS]
