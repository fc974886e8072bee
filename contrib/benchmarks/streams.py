"""Live streams: how late they tell, and what they cost everybody else.

    python contrib/benchmarks/streams.py [--quick] [--database sqlite|postgresql|both]

One server (waitress, its own background threads) gets four new tasks a second, and twenty times a second
somebody asks for a page of tasks. In every other half of a round 200 streams of 40 people are open, each of
which hears of all tasks. So each figure of the list stands against the same load without streams, moments
away: the goal is less than 1.2 times its p99, and a p95 of 300 ms from before the request that makes a task
to the reader of a stream. All of it runs on this machine, the readers in a process of their own.
"""

import multiprocessing
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from measure import Figures, Options, options, show
from place import database
from servers import ask, server

from pronaflow_kernel.testing import Person, World

TITLE = "Live streams: how late they tell, and what they cost everybody else"
EVENTS, LISTS = 4, 20
"""A second."""
PEOPLE, EACH = 40, 5
"""Who listens, and with how many streams each."""
PUBLIC_URL = "http://localhost"


@dataclass
class Round:
    """What one half of a round gave, in milliseconds.

    Arguments:
        lists: of the requests for a page; told: from before a request to the reader of a stream.
        expected: how often somebody should have been told.
    """

    lists: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    expected: int = 0


def listen(port: int, tokens: list[str], pipe: Connection) -> None:
    """Read streams until the pipe says that it is the end, and answer how late each event was.

    Arguments:
        tokens: one for each stream.
    """
    selector, late = selectors.DefaultSelector(), []
    for token in tokens:
        opened = socket.create_connection(("127.0.0.1", port))
        head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
        opened.sendall(f"GET /api/v1/notifications/stream?types=task.created HTTP/1.1\r\n{head}\r\n".encode())
        begun = b""
        while b"unread_count" not in begun:
            begun += opened.recv(65536)
            assert begun.startswith(b"HTTP/1.1 200"), begun
        opened.setblocking(False)
        selector.register(opened, selectors.EVENT_READ, bytearray())
    pipe.send(None)
    while not pipe.poll():
        for key, _ in selector.select(0.05):
            late += _heard(key.data, key.fileobj)
    pipe.send(late)


def _heard(seen: bytearray, opened: Any) -> Iterator[float]:
    """How late each event is that has come whole; what is left stays in `seen`."""
    seen += opened.recv(65536)
    now = time.time_ns()
    while (end := seen.find(b"\n\n")) >= 0:
        block = bytes(seen[:end])
        del seen[: end + 2]
        at = block.find(b'"title":"at ')
        if at >= 0:
            yield (now - int(block[at + 12 : block.index(b'"', at + 12)])) / 1e6


@contextmanager
def listeners(port: int, tokens: list[str], into: Round) -> Iterator[None]:
    """Readers of streams in a process of their own, while the block runs."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=listen, args=(port, tokens, theirs))
    process.start()
    ours.recv()
    yield
    time.sleep(0.5)
    ours.send(None)
    into.told = ours.recv()
    process.join()


def paced(seconds: float, a_second: float, call: Callable[[], None]) -> int:
    """Call again and again, at even distances; answers how often."""
    start, number = time.perf_counter(), 0
    while (due := number / a_second) < seconds:
        time.sleep(max(0.0, start + due - time.perf_counter()))
        call()
        number += 1
    return number


def load(port: int, person: Person, project_id: str, seconds: float) -> Round:
    """New tasks and requests for a page of them, side by side."""
    found = Round()

    def write() -> None:
        task = {"project_id": project_id, "title": f"at {time.time_ns()}"}
        ask(port, "POST", "/api/v1/tasks", task, str(person.token))

    def read() -> None:
        begun = time.perf_counter()
        ask(port, "GET", f"/api/v1/tasks?project_id={project_id}&page_size=20", token=str(person.token))
        found.lists.append((time.perf_counter() - begun) * 1000)

    made: list[int] = []
    writer = threading.Thread(target=lambda: made.append(paced(seconds, EVENTS, write)))
    writer.start()
    paced(seconds, LISTS, read)
    writer.join()
    found.expected = made[0]
    return found


def people(url: str, folder: Path, count: int) -> list[Person]:
    """Members of the first one's workspace."""
    world = World(url, folder, {"public_url": PUBLIC_URL})
    world.clock.set(datetime.now(UTC))
    found = [world.person() for _ in range(count)]
    for person in found[1:]:
        world.join(found[0].workspace_id, person, "member")
        person.workspace_id = found[0].workspace_id
    world.close()
    return found


def at(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def figures(asked: Options) -> Figures:
    """Both halves of each round, and what they give together."""
    rounds, seconds, count = (1, 2.0, 4) if asked.quick else (6, 15.0, PEOPLE)
    settings = {"PRONAFLOW_JOBS__THREADS": "3", "PRONAFLOW_PUBLIC_URL": PUBLIC_URL}
    for kind in asked.databases:
        with database(kind) as (url, folder):
            known = people(url, folder, count)
            with server("waitress", url, folder, 1, settings) as (port, _):
                yield from _compare(kind, port, known, rounds, seconds)


def _compare(kind: str, port: int, known: list[Person], rounds: int, seconds: float) -> Figures:
    ann, tokens = known[0], [str(person.token) for person in known for _ in range(EACH)]
    named = {"name": "Load", "key": "LOAD", "workspace_id": ann.workspace_id}
    project_id = ask(port, "POST", "/api/v1/projects", named, str(ann.token))["data"]["id"]
    load(port, ann, project_id, seconds / 3)
    without, beside = [], []
    for _ in range(rounds):
        without.append(load(port, ann, project_id, seconds))
        both = Round()
        with listeners(port, tokens, both):
            found = load(port, ann, project_id, seconds)
        both.lists, both.expected = found.lists, found.expected * len(tokens)
        beside.append(both)
    told = [each for half in beside for each in half.told]
    expected = sum(half.expected for half in beside)
    text = (
        f"p50 {at(told, 0.5):.0f} ms, p95 {at(told, 0.95):.0f} ms, p99 {at(told, 0.99):.0f} ms; goal 300 ms"
    )
    yield f"{kind}, {len(tokens)} streams", f"{text}; {len(told)} of {expected} told"
    for share in (0.5, 0.99):
        quiet, busy = (
            at([each for half in halves for each in half.lists], share) for halves in (without, beside)
        )
        words = f"{busy:.1f} ms, {busy / quiet:.2f} times without streams ({quiet:.1f} ms)"
        yield f"{kind}, list, p{share * 100:.0f}", words + ("; goal 1.2" if share > 0.9 else "")


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
