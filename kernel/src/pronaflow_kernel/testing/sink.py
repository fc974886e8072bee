"""A server that takes the requests which plugins send out."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson

from ..egress.target import Target

if TYPE_CHECKING:
    from ..egress.client import Egress, HttpReply

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Taken:
    """A request as it arrived.

    Arguments:
        method, path: with the query; headers: by name in lower case; body: its bytes.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON data."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class WebhookSink:
    """A real HTTP server on the loopback: keeps what it is sent and answers as it is told, else 200.

    Arguments:
        egress: of the world whose requests it may be given in place of another host.
    """

    def __init__(self, egress: Egress) -> None:
        self.requests: list[Taken] = []
        self._answers: deque[_Answer] = deque()
        self._hosts: set[str] = set()
        self._egress, self._send = egress, egress.send
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """An address that leads to it; so does every path under it."""
        return f"http://{LOOPBACK}:{self.port}/hook"

    def answer(
        self, status: int, *, json: Any = None, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        """Say what the next request that has no answer yet gets.

        Arguments:
            json: data of the body; body: its bytes instead.
        """
        sent = dict(headers or {})
        if json is not None:
            body = orjson.dumps(json)
            sent.setdefault("Content-Type", "application/json")
        self._answers.append(_Answer(status, sent, body))

    def stands_for(self, host: str) -> None:
        """Take what `ctx.http` sends to a host from now on, by http and https and on all its ports."""
        self._hosts.add(host)

    def __enter__(self) -> WebhookSink:
        self._thread.start()
        self._egress.send = self._detour  # type: ignore[method-assign]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._egress.send = self._send  # type: ignore[method-assign]
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _detour(self, method: str, target: Target, **options: Any) -> HttpReply:
        if target.host in self._hosts:
            target = Target("http", LOOPBACK, self.port, target.path)
        return self._send(method, target, **options)

    def _take(self, request: Taken) -> _Answer:
        self.requests.append(request)
        return self._answers.popleft() if self._answers else _Answer(200, {}, b"")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            """Hands each request to the sink."""

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = take(Taken(self.command, self.path, headers, body))
                self.send_response(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing: the test looks at the requests."""

        return Handler
