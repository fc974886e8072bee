"""Requests a second of waitress, granian and gunicorn over one database, as `pronaflow serve` runs them.

    python contrib/benchmarks/servers.py [--quick] [--database sqlite|postgresql|both]

The three servers run at the same time and are loaded in turns of a second, each by 16 connections that ask
for a page of 20 tasks, or make a task. What counts are ratios to waitress within each round: how fast the
machine is at that moment hits all alike. The load comes from this machine and takes processor time from all,
as does whatever else runs on it; the processor time that a server uses for a request hardly depends on that.
granian and gunicorn have a process for each processor; no server does background work meanwhile.
"""

import os
import selectors
import socket
import statistics
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import orjson
from measure import Figures, Options, options, show
from place import database

TITLE = "Web servers: requests a second, against waitress in the same run"
RUNNERS = ("waitress", "granian", "gunicorn")
PRONAFLOW = Path(sysconfig.get_path("scripts")) / "pronaflow"
CONNECTIONS = 16
PATIENCE = 120.0
"""Seconds in which a server must be ready."""


class Load:
    """Connections that send one request again and again.

    Arguments:
        port: of the server on this machine.
        request: as sent.
    """

    def __init__(self, port: int, request: bytes) -> None:
        self._port, self._request = port, request
        self._selector = selectors.DefaultSelector()
        self.answered = 0

    def run(self, seconds: float, connections: int = CONNECTIONS) -> float:
        """Answers a second; goes on until there is one."""
        for _ in range(connections):
            self._open()
        start = time.perf_counter()
        while (passed := time.perf_counter() - start) < seconds or not self.answered:
            for key, _ in self._selector.select(0.1):
                self._read(key.fileobj, key.data)
        for key in list(self._selector.get_map().values()):
            self._close(key.fileobj)
        return self.answered / passed

    def _open(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(self._request)
        self._selector.register(connection, selectors.EVENT_READ, bytearray())

    def _close(self, connection: Any) -> None:
        self._selector.unregister(connection)
        connection.close()

    def _read(self, connection: Any, seen: bytearray) -> None:
        part = connection.recv(262144)
        seen += part
        if not part:  # gunicorn ends the connection with each answer
            self._close(connection)
            self._open()
        elif _whole(seen):
            self.answered += 1
            if not seen[:12].endswith((b"200", b"201")):
                raise RuntimeError(f"the server answered {bytes(seen[:400])!r}")
            if b"connection: close" not in seen[:2000].lower():
                seen.clear()
                connection.sendall(self._request)


def _whole(seen: bytearray) -> bool:
    end = seen.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = seen[:end].lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return len(seen) == end + 4 + length


@contextmanager
def server(
    runner: str, url: str, folder: Path, processes: int, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[int, int]]:
    """A running server; yields its port and the id of its first process.

    Arguments:
        settings: further environment variables.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRONAFLOW_")}
    env = {
        **kept,
        "PRONAFLOW_DATA_DIR": str(folder),
        "PRONAFLOW_DATABASE_URL": url,
        "PRONAFLOW_RATE_LIMIT__ENABLED": "false",
        "PRONAFLOW_JOBS__THREADS": "0",
        "PRONAFLOW_LOGS__LEVEL": "error",
        # One token is good for all three.
        "PRONAFLOW_PUBLIC_URL": "http://localhost",
        "PRONAFLOW_SERVER__RUNNER": runner,
        "PRONAFLOW_SERVER__PROCESSES": str(processes),
        **(settings or {}),
    }
    command = [str(PRONAFLOW), "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, cwd=folder) as process:
        try:
            _wait(port, process)
            yield port, process.pid
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            ask(port, "GET", "/health/ready")
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("a server did not become ready")


def ask(port: int, method: str, path: str, body: Any = None, token: str = "") -> Any:
    """The parsed answer to one request."""
    sent = None if body is None else orjson.dumps(body)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = Request(f"http://127.0.0.1:{port}{path}", sent, headers, method=method)
    request.add_header("Content-Type", "application/json")
    with urlopen(request, timeout=60) as answer:
        return orjson.loads(answer.read())


def processor_seconds(pid: int) -> float:
    """What a process and its children have used so far."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    stats = [Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in (pid, *children)]
    return sum(int(stat[11]) + int(stat[12]) for stat in stats) / os.sysconf("SC_CLK_TCK")


def loads(port: int) -> dict[str, bytes]:
    """What is sent: a page of tasks, and a new task."""
    account = {"email": "load@example.com", "password": "Quiet-Meadow7!x"}
    ask(port, "POST", "/api/v1/auth/register", {**account, "username": "load"})
    token = ask(port, "POST", "/api/v1/auth/login", account)["data"]["access_token"]
    project = {"name": "Load", "key": "LOAD"}
    project_id = ask(port, "POST", "/api/v1/projects", project, token)["data"]["id"]
    task = {"project_id": project_id, "title": "What is to be done"}
    for _ in range(40):
        ask(port, "POST", "/api/v1/tasks", task, token)
    head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
    body = orjson.dumps(task).decode()
    typed = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    page = f"GET /api/v1/tasks?project_id={project_id}&page_size=20 HTTP/1.1\r\n{head}\r\n"
    return {
        "list": page.encode(),
        "create": f"POST /api/v1/tasks HTTP/1.1\r\n{head}{typed}\r\n{body}".encode(),
    }


def figures(asked: Options) -> Figures:
    rounds, seconds = (1, 0.2) if asked.quick else (7, 1.0)
    for kind in asked.databases:
        with database(kind) as (url, folder), ExitStack() as running:
            if kind == "postgresql":
                env = {**os.environ, "PRONAFLOW_DATABASE_URL": url, "PRONAFLOW_DATA_DIR": str(folder)}
                subprocess.run([PRONAFLOW, "db", "upgrade"], env=env, check=True, capture_output=True)
            processes = dict.fromkeys(RUNNERS, 1 if asked.quick else os.cpu_count() or 1) | {"waitress": 1}
            servers = {
                runner: running.enter_context(server(runner, url, folder, count))
                for runner, count in processes.items()
            }
            for name, request in loads(servers["waitress"][0]).items():
                yield from _compare(f"{kind}, {name}", servers, request, rounds, seconds)


def _compare(
    what: str, servers: dict[str, tuple[int, int]], request: bytes, rounds: int, seconds: float
) -> Figures:
    rates: dict[str, list[float]] = {runner: [] for runner in servers}
    used, answered = dict.fromkeys(servers, 0.0), dict.fromkeys(servers, 0)
    for _ in range(rounds):
        for runner, (port, pid) in servers.items():
            load, before = Load(port, request), processor_seconds(pid)
            rates[runner].append(load.run(seconds))
            used[runner] += processor_seconds(pid) - before
            answered[runner] += load.answered
    for runner, found in rates.items():
        pairs = zip(found, rates["waitress"], strict=True)
        ratio = statistics.median(mine / other for mine, other in pairs)
        low, high = min(found), max(found)
        each = used[runner] / answered[runner] * 1000
        yield (
            f"{what}, {runner}",
            f"{statistics.median(found):7.0f} a second ({low:.0f} to {high:.0f}), "
            f"{ratio:.2f} times waitress, {each:.2f} ms of processor time each",
        )


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
