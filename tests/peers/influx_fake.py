"""A server that answers as InfluxDB does when something is wrong, which no real one does on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


@dataclass(frozen=True)
class Answer:
    """Status, body and headers, as recorded from the versions named beside; `hang` keeps silent instead."""

    status: int = 204
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False


STORED = Answer()
V1_UNPARSABLE = Answer(
    400,
    b'{"error":"unable to parse \'samples poison\': missing fields"}\n',
    {"X-Influxdb-Version": "1.8.10"},
)
V1_CONFLICT = Answer(
    400,
    b'{"error":"partial write: field type conflict: input field \\"value\\" on measurement \\"samples\\"'
    b' is type float, already exists as type integer dropped=1"}\n',
)
V2_CONFLICT = Answer(
    422,
    b'{"code":"unprocessable entity","message":"failure writing points to database: partial write:'
    b' field type conflict dropped=1"}',
)
V3_PARTIAL = Answer(
    400,
    b'{"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type",'
    b'"line_number":2,"original_line":"samples poison"}]}',
)
V2_UNAUTHORIZED = Answer(401, b'{"code":"unauthorized","message":"unauthorized access"}')
V2_NO_BUCKET = Answer(404, b'{"code":"not found","message":"bucket \\"plant\\" not found"}')
V1_NO_DATABASE = Answer(404, b'{"error":"database not found: \\"plant\\""}\n')
TOO_LARGE = Answer(
    413, b'{"code":"request too large","message":"cannot read data: points batch is too large"}'
)
TOO_MANY = Answer(429, b'{"code":"too many requests","message":"limit"}', {"Retry-After": "17"})
BUSY = Answer(503, b"", {"Retry-After": "Thu, 01 Jan 2026 00:01:00 GMT"})
BUSY_UNTOLD = Answer(503, b"service unavailable")
BROKEN = Answer(500, b'{"code":"internal error","message":"unexpected"}')
PORTAL = Answer(200, b"<html>Welcome, please sign in</html>", {"Content-Type": "text/html"})
HANG = Answer(hang=True)


class FakeInflux:
    """Serves on loopback; `rule` decides the answer from the body of each write request."""

    def __init__(self, rule: Callable[[bytes], Answer] = lambda body: STORED) -> None:
        self.rule = rule
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.authorization: list[str] = []
        self._done = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fake.bodies.append(body)
                fake.paths.append(self.path)
                fake.authorization.append(self.headers.get("Authorization", ""))
                answer = fake.rule(body)
                if answer.hang:
                    fake._done.wait(30)
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
