"""`pronaflow serve` by each runner: the same answers, whoever speaks HTTP, and an orderly life."""

from __future__ import annotations

import http.client
import itertools
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from .server import PASSWORD, PATIENCE, PRONAFLOW, Caller, Server, Site

RUNNERS = ("waitress", "granian", "gunicorn")
SECURE = ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy")
LIMIT = 80
"""Requests a minute of an address; processes that cannot count together grant half of them each."""

_numbers = itertools.count(1)


class Production(Server):
    """`pronaflow serve` in processes of its own.

    Arguments:
        site: where its data is; its settings name runner and processes.
    """

    def __init__(self, site: Site) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port: int = free.getsockname()[1]
        self.log = site.folder / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(site.program), "serve", "--port", str(self.port)],
                env=site.environment,
                cwd=site.folder,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._watchdog = threading.Timer(PATIENCE, self.process.kill)
        self._watchdog.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def wait(self) -> Production:
        """Wait until it is ready."""
        self.until(self.ready)
        return self

    def until(self, condition: Callable[[], Any]) -> Any:
        """Wait until a condition holds; fails the test where the server ends before or it takes too long."""
        end = time.monotonic() + PATIENCE / 2
        while not (found := condition()):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)
        return found

    def ready(self) -> bool:
        """Whether it answers that it is ready."""
        try:
            with Caller(self) as caller:
                return caller.get("/health/ready").status == 200
        except OSError:
            return False

    def children(self) -> list[int]:
        """Ids of the processes that answer requests, where the first one does not."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split() if _serves(int(pid))]

    def close(self) -> None:
        """Leave nothing of it behind."""
        self._watchdog.cancel()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _serves(pid: int) -> bool:
    """Whether a process is one of the server's: multiprocessing has some of its own."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return bool(words) and b"resource_tracker" not in words


def site_of(folder: Path, runner: str, **settings: str) -> Site:
    """A site that is served by a runner, by two processes where it can."""
    processes = "1" if runner == "waitress" else "2"
    chosen = {"PRONAFLOW_SERVER__RUNNER": runner, "PRONAFLOW_SERVER__PROCESSES": processes}
    cheap = {"PRONAFLOW_AUTH__ARGON2_TIME_COST": "1", "PRONAFLOW_AUTH__ARGON2_MEMORY_KIB": "64"}
    return Site(folder, PRONAFLOW, {**chosen, **cheap, "PRONAFLOW_JOBS__THREADS": "1", **settings})


@pytest.fixture(scope="module", params=RUNNERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """A server that counts requests, by each runner."""
    limits = {
        "PRONAFLOW_RATE_LIMIT__ENABLED": "true",
        "PRONAFLOW_RATE_LIMIT__ANONYMOUS_PER_MINUTE": str(LIMIT),
        "PRONAFLOW_SERVER__TRUSTED_PROXIES": "1",
    }
    made = Production(site_of(tmp_path_factory.mktemp(request.param), request.param, **limits))
    yield made.wait()
    made.close()


@pytest.fixture
def ann(server: Production) -> Iterator[Caller]:
    """Somebody who is signed in, and new for each test."""
    with Caller(server) as caller:
        caller.sign_up(f"ann_{next(_numbers)}")
        yield caller


def raw(server: Production, request: bytes) -> bytes:
    """The answer to bytes as they are; the connection may end before they are all sent."""
    answer = b""
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE / 4) as connection,
        suppress(ConnectionResetError),
    ):
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        while part := connection.recv(65536):
            answer += part
    return answer


def header(server: Production, path: str, **headers: str) -> http.client.HTTPResponse:
    """An answer whose headers are of interest."""
    connection = server.connect()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_task_is_made_and_read(ann: Caller) -> None:
    project = ann.post("/api/v1/projects", {"name": "Launch", "key": "LAUNCH"}).data
    made = ann.post("/api/v1/tasks", {"project_id": project["id"], "title": "Größe prüfen ✓"})
    assert made.status == 201
    assert ann.get(f"/api/v1/tasks/{made.data['id']}").data["title"] == "Größe prüfen ✓"
    assert ann.get("/api/v1/tasks", project_id=project["id"], search="größe").json["pagination"]["total"] == 1
    assert ann.delete(f"/api/v1/tasks/{made.data['id']}").status in (200, 204)


def test_every_answer_has_the_headers_of_the_contract(server: Production, ann: Caller) -> None:
    for path, status in (("/api/v1/auth/me", 200), ("/api/v1/nothing", 404), ("/api/v1/%ff%e2%82%ac", 404)):
        answer = ann.get(path)
        assert answer.status == status
        assert answer.json["success"] is (status == 200)
        for name in (*SECURE, "X-Request-Id", "X-RateLimit-Limit", "X-RateLimit-Remaining"):
            assert answer.headers[name], name


def test_the_id_of_a_request_is_taken_and_answered(server: Production) -> None:
    given = "7f1d3c52-8a4e-7b6f-9c0d-112233445566"
    assert header(server, "/health", **{"X-Request-Id": given}).headers["X-Request-Id"] == given


def test_a_body_that_is_too_large_is_refused_in_the_envelope(ann: Caller) -> None:
    answer = ann.post("/api/v1/projects", {"name": "x" * 1_100_000})
    assert (answer.status, answer.json["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_in_chunks_is_read_to_the_same_bound(server: Production, ann: Caller) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = (
        f"POST /api/v1/projects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ann.token}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    ).encode()
    body = b'{"name": "Chunks", "key": "CHUNKS"}'
    small = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    assert raw(server, head + small).startswith(b"HTTP/1.1 201")
    assert raw(server, head + chunk * 20 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_whoever_asks_too_often_is_told_when_to_come_back(server: Production) -> None:
    for _ in range(LIMIT + 1):
        answer = header(server, "/api/v1/nothing", **{"X-Forwarded-For": "198.51.100.9"})
        if answer.status == 429:
            break
    assert answer.status == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert header(server, "/api/v1/nothing", **{"X-Forwarded-For": "198.51.100.10"}).status == 404


def test_head_has_the_headers_and_no_body(server: Production) -> None:
    answer = raw(server, b"HEAD /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-type: application/json" in head.lower()
    assert body == b""


def test_requests_of_all_processes_are_counted_together(server: Production) -> None:
    for _ in range(20):
        assert header(server, "/health/live").status == 200

    def counted() -> int:
        with Caller(server) as caller:
            caller.send("GET", "/metrics")
            text = caller.connection.getresponse().read().decode()
        wanted = 'pronaflow_http_requests_total{method="GET",route="/health/live",status="200"} '
        return sum(int(float(line.removeprefix(wanted))) for line in text.splitlines() if wanted in line)

    assert [counted() for _ in range(6)] == [20] * 6


@pytest.mark.parametrize("runner", RUNNERS)
def test_sigterm_lets_a_request_finish(runner: str, tmp_path: Path) -> None:
    slow = {"PRONAFLOW_AUTH__ARGON2_TIME_COST": "60", "PRONAFLOW_AUTH__ARGON2_MEMORY_KIB": "32768"}
    server = Production(site_of(tmp_path, runner, **slow)).wait()
    with Caller(server) as caller:
        account = {"email": "ann@example.com", "username": "ann", "password": PASSWORD}
        before = _worked(server)
        caller.send("POST", "/api/v1/auth/register", account)
        server.until(lambda: _worked(server) > before + 0.3)
        server.terminate()
        assert caller.receive().status == 201
    assert server.process.wait(PATIENCE / 2) == 0, server.log.read_text()
    server.close()


def _worked(server: Production) -> float:
    """Seconds of CPU time that the processes of a server have used."""
    pids = [server.process.pid, *server.children()]
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("runner", RUNNERS[1:])
def test_a_killed_process_is_started_again_and_all_end_with_the_first(runner: str, tmp_path: Path) -> None:
    server = Production(site_of(tmp_path, runner)).wait()
    server.until(lambda: len(server.children()) == 2)
    killed = server.children()[0]
    os.kill(killed, signal.SIGKILL)
    server.until(lambda: killed not in server.children() and len(server.children()) == 2)
    server.until(server.ready)
    server.kill()
    end = time.monotonic() + PATIENCE / 2
    while server.ready():
        assert time.monotonic() < end, server.log.read_text()
        time.sleep(0.05)
    server.close()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"PRONAFLOW_SERVER__PROCESSES": "2"},
            "server.processes is 2, but waitress is one process: set server.runner to granian or gunicorn",
        ),
        (
            {"PRONAFLOW_SERVER__RUNNER": "granian", "PRONAFLOW_SERVER__PORT": "0"},
            "granian needs a port: server.port is 0, which stands for any free one",
        ),
    ],
    ids=["waitress-alone", "no-port"],
)
def test_what_cannot_serve_is_refused_in_words(settings: dict[str, str], words: str, tmp_path: Path) -> None:
    site = Site(tmp_path, PRONAFLOW, settings)
    done = subprocess.run(
        [str(PRONAFLOW), "serve"], env=site.environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (5, f"Error: {words}\n")


def test_a_taken_port_is_refused_in_words(tmp_path: Path) -> None:
    site = Site(tmp_path, PRONAFLOW, {"PRONAFLOW_SERVER__RUNNER": "granian"})
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [str(PRONAFLOW), "serve", "--port", str(port)],
            env=site.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 3
    assert done.stderr.startswith(f"Error: Port {port} on 127.0.0.1 is in use by another process.")
