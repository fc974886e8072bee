"""A large file up, down in two halves with the connection cut between them, and the memory that it takes.

    python contrib/benchmarks/big_file.py [--quick] [--gigabytes 2]

`pronaflow serve` of each runner on SQLite, its files in a folder. The file is a task's attachment; half of it
is read, the connection is cut, and the rest is asked for with `Range` and `If-Range`. What came must have the
digest of what was sent. Memory is the peak of the resident sets of the server's processes (`VmHWM`) less what
they had before, and must stay far below the size of the file. Rates are of this machine, client included;
waitress writes a file twice, once as it comes and once into the store.
"""

import argparse
import hashlib
import http.client
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from measure import Figures, show
from place import database
from servers import ask, server

TITLE = "One large file: up, half down, cut, the rest down"
RUNNERS = ("waitress", "granian", "gunicorn")
MIB = 1024 * 1024
PATIENCE = 600.0
"""Seconds that one send or read may take: the last waits until all is on the disk."""

_HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
_TAIL = b"\r\n--cut--\r\n"


@dataclass(frozen=True)
class Caller:
    """Somebody who is signed in.

    Arguments:
        port: of the server; token: of the caller.
    """

    port: int
    token: str

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def upload(self, path: str, mebibytes: int) -> tuple[dict[str, Any], str]:
        """What the server says of a file of so many MiB, and the digest of what was sent."""
        digest, connection = hashlib.sha256(), self.connect()
        connection.putrequest("POST", path)
        connection.putheader("Authorization", f"Bearer {self.token}")
        connection.putheader("Content-Type", "multipart/form-data; boundary=cut")
        connection.putheader("Content-Length", str(len(_HEAD) + mebibytes * MIB + len(_TAIL)))
        connection.endheaders(_HEAD)
        for piece in _pieces(mebibytes):
            digest.update(piece)
            connection.send(piece)
        connection.send(_TAIL)
        answer = connection.getresponse()
        said = orjson.loads(answer.read())
        connection.close()
        if answer.status != 201:
            raise RuntimeError(f"{answer.status}: {said}")
        return said["data"], digest.hexdigest()

    def download(
        self, path: str, digest: Any, most: int | None = None, **headers: str
    ) -> http.client.HTTPMessage:
        """Read a file, or the beginning of it, into a digest; the connection is cut afterwards."""
        connection = self.connect()
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}", **sent})
        answer = connection.getresponse()
        if answer.status != (206 if headers else 200):
            raise RuntimeError(f"{answer.status}: {answer.read(1000)!r}")
        while (most is None or most > 0) and (piece := answer.read(MIB if most is None else min(most, MIB))):
            digest.update(piece)
            most = None if most is None else most - len(piece)
        connection.close()
        return answer.headers


def _pieces(mebibytes: int) -> Iterator[bytes]:
    """Content that no filesystem can make smaller, and of which no two pieces are the same."""
    noise = os.urandom(MIB - 8)
    for number in range(mebibytes):
        yield number.to_bytes(8) + noise


class Memory:
    """What a process and its children have in memory, from now on.

    Arguments:
        pid: of the first process.
    """

    def __init__(self, pid: int) -> None:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._pids = [str(pid), *children]
        for each in self._pids:
            Path(f"/proc/{each}/clear_refs").write_text("5")  # lets the peak begin anew (proc(5))
        self._before = self._sum("VmRSS")

    def grown(self) -> float:
        """MiB by which the peak is above what it was at first."""
        return (self._sum("VmHWM") - self._before) / 1024

    def _sum(self, name: str) -> int:
        lines = (line for pid in self._pids for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        return sum(int(line.split()[1]) for line in lines if line.startswith(name))


def caller(port: int) -> tuple[Caller, str]:
    """Somebody with a task; yields where its files are."""
    account = {"email": "big@example.com", "password": "Quiet-Meadow7!x"}
    ask(port, "POST", "/api/v1/auth/register", {**account, "username": "big"})
    token = ask(port, "POST", "/api/v1/auth/login", account)["data"]["access_token"]
    project = ask(port, "POST", "/api/v1/projects", {"name": "Big", "key": "BIG"}, token)["data"]
    task = {"project_id": project["id"], "title": "Keep a large file"}
    return Caller(
        port, token
    ), f"/api/v1/tasks/{ask(port, 'POST', '/api/v1/tasks', task, token)['data']['id']}/files"


def figures(mebibytes: int) -> Figures:
    settings = {"PRONAFLOW_FILES__MAX_BYTES": str(mebibytes * MIB)}
    for runner in RUNNERS:
        with (
            database("sqlite") as (url, folder),
            server(runner, url, folder, 1, settings) as (port, pid),
        ):
            yield from _there_and_back(runner, port, pid, mebibytes)


def _there_and_back(runner: str, port: int, pid: int, mebibytes: int) -> Figures:
    someone, path = caller(port)
    small, _ = someone.upload(path, 1)  # whatever is loaded once is loaded now
    someone.download(f"/api/v1/files/{small['id']}", hashlib.sha256())
    memory, start = Memory(pid), time.perf_counter()
    made, sent = someone.upload(path, mebibytes)
    yield f"{runner}, up", _rate(mebibytes, start, memory)
    memory, start, came = Memory(pid), time.perf_counter(), hashlib.sha256()
    content, half = f"/api/v1/files/{made['id']}", mebibytes // 2 * MIB
    headers = someone.download(content, came, half)
    someone.download(content, came, Range=f"bytes={half}-", If_Range=headers["ETag"])
    yield f"{runner}, down in two parts", _rate(mebibytes, start, memory)
    same = made["sha256"] == sent == came.hexdigest() == headers["ETag"].strip('"')
    yield f"{runner}, what came", "is what was sent" if same else "IS NOT what was sent"


def _rate(mebibytes: int, start: float, memory: Memory) -> str:
    seconds = time.perf_counter() - start
    return f"{seconds:6.1f} s, {mebibytes / seconds:5.0f} MiB/s, memory +{memory.grown():.1f} MiB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="64 MiB: only see that it runs")
    parser.add_argument("--gigabytes", type=float, default=2, help="size of the file; default: 2")
    given = parser.parse_args()
    size = 64 if given.quick else round(given.gigabytes * 1024)
    show(f"{TITLE} ({size} MiB)", figures(size))
