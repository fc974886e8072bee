"""A server as people run it: the console script in a process of its own, spoken to through a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sysconfig
import threading
import time
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

PRONAFLOW = Path(sysconfig.get_path("scripts")) / "pronaflow"
PASSWORD = "Quiet-Meadow7!x"
PATIENCE = 120.0
"""Seconds after which a process that still runs is killed, so that its test fails."""


@dataclass(frozen=True)
class Answer:
    """Status, parsed body, None for one that is no JSON, and headers."""

    status: int
    json: Any
    headers: Message

    @property
    def data(self) -> Any:
        """The envelope's `data`; fails the test where the request was refused."""
        assert self.status < 400, self
        return self.json["data"]


@dataclass
class Site:
    """A data folder and a database, over which one server after another runs.

    Arguments:
        folder: for the data.
        program: the console script.
        settings: further environment variables.
        workers: whether background work is done by processes of its own, beside each server.
    """

    folder: Path
    program: Path = PRONAFLOW
    settings: dict[str, str] = field(default_factory=dict)
    workers: bool = False
    _server: Server | None = None
    _worker: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes: nothing of ours that would change what they do, and no limits."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("PRONAFLOW_", "COV_"))
        }
        ours = {"PRONAFLOW_DATA_DIR": str(self.folder / "data"), "PRONAFLOW_RATE_LIMIT__ENABLED": "false"}
        return {**kept, **ours, **self.settings}

    def run(self, *arguments: str) -> str:
        """What a command of `pronaflow` prints; fails the test where it fails."""
        return self.call(str(self.program), *arguments)

    def call(self, *command: str) -> str:
        """What any command prints that is run as the server is; fails the test where it fails."""
        done = subprocess.run(
            command, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def server(self) -> Server:
        """The server that runs, or a new one."""
        if self._server is None or self._server.process.poll() is not None:
            self.close()
            self._server = Server(self)
            if self.workers:
                self._worker = self._work()
        return self._server

    def close(self) -> None:
        """End the server that runs, and the workers beside it."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._worker is not None:
            self._worker.terminate()
            self._worker.wait(PATIENCE)
            self._worker = None

    def _work(self) -> subprocess.Popen[bytes]:
        with (self.folder / "worker.log").open("a") as log:
            return subprocess.Popen(
                [str(self.program), "worker", "--processes", "2", "--threads", "2"],
                env=self.environment,
                cwd=self.folder,
                stderr=log,
            )


class Server:
    """`pronaflow quickstart` in a process of its own.

    Arguments:
        site: where its data is.
    """

    def __init__(self, site: Site) -> None:
        self.log = site.folder / "server.log"
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [str(site.program), "quickstart", "--port", "0", "--json"],
                env=site.environment,
                cwd=site.folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._watchdog = threading.Timer(PATIENCE, self.process.kill)
        self._watchdog.start()
        self.url: str = self._facts()["url"]

    def close(self) -> None:
        """Leave nothing of it behind."""
        self._watchdog.cancel()
        self.process.kill()
        self.process.communicate()

    def _facts(self) -> dict[str, Any]:
        """What it prints about itself as soon as it answers."""
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line == "}\n":
                return dict(json.loads("".join(lines)))
        raise AssertionError(f"no server: {self.log.read_text()}")

    def connect(self) -> http.client.HTTPConnection:
        """A connection."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
        connection.connect()
        return connection

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL, which nobody can prepare for."""
        self.process.kill()
        self.process.wait()


class Caller:
    """Somebody who calls the API over a connection of their own.

    Arguments:
        server: which one.
        token: access token; none for somebody who did not sign in.
    """

    def __init__(self, server: Server, token: str | None = None) -> None:
        self.connection = server.connect()
        self.token = token

    def __enter__(self) -> Caller:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> None:
        """Send a request."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        target = f"{path}?{urlencode(query)}" if query else path
        self.connection.request(method, target, None if body is None else json.dumps(body), headers)

    def receive(self) -> Answer:
        """Its answer, whole."""
        with self.connection.getresponse() as response:
            raw = response.read()
            spoken = response.headers.get_content_type() == "application/json"
            return Answer(response.status, json.loads(raw) if raw and spoken else None, response.headers)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Send a request and take its answer."""
        self.send(method, path, body, **query)
        return self.receive()

    def get(self, path: str, **query: Any) -> Answer:
        """GET."""
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any = None) -> Answer:
        """POST."""
        return self.ask("POST", path, {} if body is None else body)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.ask("DELETE", path)

    def upload(self, path: str, filename: str, content: bytes, **fields: str) -> Answer:
        """POST a file as a form does, with further fields."""
        mark = "a-boundary-that-stands-in-no-file"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        named = f'form-data; name="file"; filename="{filename}"'
        parts.append(f"--{mark}\r\nContent-Disposition: {named}\r\n\r\n".encode() + content + b"\r\n")
        self.connection.request(
            "POST",
            path,
            b"".join(parts) + f"--{mark}--\r\n".encode(),
            {
                "Content-Type": f"multipart/form-data; boundary={mark}",
                "Authorization": f"Bearer {self.token}",
            },
        )
        return self.receive()

    def download(self, path: str) -> bytes:
        """GET a file."""
        self.send("GET", path)
        with self.connection.getresponse() as response:
            assert response.status == 200, response.read()
            return response.read()

    def sign_up(self, name: str) -> None:
        """Register and sign in."""
        account = {"email": f"{name}@example.com", "password": PASSWORD}
        assert self.post("/api/v1/auth/register", {**account, "username": name}).status == 201
        self.token = self.post("/api/v1/auth/login", account).data["access_token"]

    def every(self, path: str, **query: Any) -> list[Any]:
        """All records of a list, by cursor."""
        found: list[Any] = []
        following: dict[str, Any] = {}
        while True:
            answer = self.get(path, page_size=100, **query, **following)
            found += answer.data
            following = {"cursor": answer.json["pagination"]["next_cursor"]}
            if following["cursor"] is None:
                return found


def wait_for(look, wanted):
    """Wait until something is as it should be.

    Arguments:
        look: tells how it is; wanted: whether that is as it should be.
    """
    end = time.monotonic() + PATIENCE
    while not wanted(seen := look()):
        assert time.monotonic() < end, seen
        time.sleep(0.05)
    return seen
