"""Webhooks: deliveries a second, and how little dead endpoints delay the others.

    python contrib/benchmarks/webhooks.py [--quick] [--database sqlite|postgresql|both]

The server's own background threads run in this process, the receiver in another one. First events that
sixteen endpoints listen to are committed at once; the time runs from then to the last arrival, fan-out and
log included. The reference posts as many messages of the same size to the same receiver, with a new
connection for each, from sixteen threads that do nothing else. Goal: 500 a second.

Then a thousand workspaces have an endpoint each, of which one in twenty is dead (every other one takes
connections and never answers, the rest refuse them), and a hundred events a second are committed, for each
workspace in turn. The time of a message runs from before its commit to the receiver. Goal: a p95 of 2 s.
"""

import http.client
import multiprocessing
import os
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bus_place import percentiles
from measure import Figures, Options, options, show
from place import database

from pronaflow_kernel.api import Scope, new_id
from pronaflow_kernel.kernel import Kernel
from pronaflow_kernel.testing import Person, World
from pronaflow_workspaces.tags.events import TAG_CREATED

TITLE = "Webhooks: deliveries a second, and the delay beside dead endpoints"
LISTENING, SENDERS = 16, 16
A_SECOND = 100
DEAD = 20
"""One of so many endpoints is dead."""
PATIENCE = 120.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MARK = b'"name":"at '


def receive(listener: socket.socket, pipe: Connection) -> None:
    """Answer 200 to all; send the pipe what it asks for: milliseconds that each message was on its way."""
    selector, taken = selectors.DefaultSelector(), list[float]()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ)
    selector.register(pipe, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is pipe:
                if pipe.recv() is None:
                    return
                pipe.send(taken)
                taken = []
            elif key.fileobj is listener:
                connection = listener.accept()[0]
                selector.register(connection, selectors.EVENT_READ, bytearray())
            else:
                _take(selector, key, taken)


def _take(selector: selectors.BaseSelector, key: selectors.SelectorKey, taken: list[float]) -> None:
    seen, connection = key.data, key.fileobj
    part = connection.recv(65536)  # type: ignore[union-attr]
    seen += part
    at = seen.find(MARK)
    end = seen.find(b'"', at + len(MARK))
    if part and (at < 0 or end < 0 or not seen.endswith(b"}")):
        return
    if part:
        taken.append((time.time_ns() - int(seen[at + len(MARK) : end])) / 1e6)
        connection.sendall(ANSWER)  # type: ignore[union-attr]
    selector.unregister(connection)
    connection.close()  # type: ignore[union-attr]


class Sink:
    """The receiver, in a process of its own.

    Arguments:
        port: where it listens.
        pipe: to its process.
    """

    def __init__(self, port: int, pipe: Connection) -> None:
        self.port, self._pipe = port, pipe

    def wait(self, count: int, patience: float = PATIENCE) -> list[float]:
        """What has arrived since the last call, as soon as it is so much or patience ends."""
        found, ends = list[float](), time.monotonic() + patience
        while len(found) < count and time.monotonic() < ends:
            time.sleep(0.02)
            self._pipe.send("what came")
            found += self._pipe.recv()
        return found


@contextmanager
def sink() -> Iterator[Sink]:
    """A receiver that runs until the block ends."""
    ours, theirs = multiprocessing.Pipe()
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        process = multiprocessing.Process(target=receive, args=(listener, theirs), daemon=True)
        process.start()
        yield Sink(listener.getsockname()[1], ours)
        ours.send(None)
        process.join()


def figures(asked: Options) -> Figures:
    """Both measurements on each database."""
    events, endpoints, seconds = (5, 20, 1.0) if asked.quick else (125, 1000, 60.0)
    for kind in asked.databases:
        with sink() as there:
            with database(kind) as (url, folder):
                yield from _rate(kind, url, folder, there, events)
            with database(kind) as (url, folder):
                yield from _delay(kind, url, folder, there, endpoints, seconds)
        yield f"{kind}, load average", f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def _rate(kind: str, url: str, folder: Path, there: Sink, events: int) -> Figures:
    count = events * LISTENING
    with _world(url, folder) as world:
        ann = world.person()
        for _ in range(LISTENING):
            _webhook(ann, there.port, max_concurrency=8)
    bare = _bare(there, count)
    with _running(url, folder) as kernel:
        began = time.perf_counter()
        with kernel.db.write(Scope.system(ann.workspace_id)) as uow:
            for _ in range(events):
                _happen(uow, ann.workspace_id)
        came = there.wait(count)
        rate = len(came) / (time.perf_counter() - began)
    yield f"{kind}, bare posts", f"{bare:,.0f} a second"
    yield (
        f"{kind}, deliveries",
        f"{rate:,.0f} a second, {rate / bare:.2f} times bare, goal 500; {len(came)} of {count} came",
    )


def _delay(kind: str, url: str, folder: Path, there: Sink, endpoints: int, seconds: float) -> Figures:
    healthy, expected = list[str](), 0
    places = list[str]()
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=4096))
        closed = stack.enter_context(socket.socket())
        closed.bind(("127.0.0.1", 0))  # and never listens
        with _world(url, folder) as world:
            for number in range(endpoints):
                person = world.person()
                dead = (closed, silent)[number // DEAD % 2] if number % DEAD == 0 else None
                _webhook(person, there.port if dead is None else dead.getsockname()[1])
                places.append(str(person.workspace_id))
                healthy += places[-1:] if dead is None else []
        known = set(healthy)
        with _running(url, folder) as kernel:
            began, number = time.perf_counter(), 0
            while (due := number / A_SECOND) < seconds:
                time.sleep(max(0.0, began + due - time.perf_counter()))
                place = places[number % len(places)]
                with kernel.db.write(Scope.system(place)) as uow:
                    _happen(uow, place)
                expected += place in known
                number += 1
            reached = number / (time.perf_counter() - began)
            came = there.wait(expected)
            for one in (silent, closed):
                one.close()
    told = f"{percentiles(came)}; goal p95 2,000 ms; {len(came)} of {expected} came"
    yield f"{kind}, {endpoints} endpoints, healthy", told
    yield f"{kind}, events committed", f"{reached:.0f} a second"


@contextmanager
def _world(url: str, folder: Path) -> Iterator[World]:
    world = World(url, folder)
    world.clock.set(datetime.now(UTC))
    try:
        yield world
        world.drain()
    finally:
        world.close()


def _webhook(person: Person, port: int, **values: Any) -> None:
    body = {"url": f"http://127.0.0.1:{port}/", "subscribed_events": {"tag.created": True}, **values}
    reply = person.post("/api/v1/integration/webhooks", {"workspace_id": person.workspace_id, **body})
    assert reply.status == 201, reply.json


@contextmanager
def _running(url: str, folder: Path) -> Iterator[Kernel]:
    """The kernel over what a world has made, with the clock of the machine and its usual threads."""
    from pronaflow_kernel.web.app import start

    overrides = {
        "environment": "test",
        "database_url": url,
        "data_dir": str(folder),
        "egress.allow": ["127.0.0.1"],
        "logs.level": "error",
    }
    kernel, _ = start(env={}, overrides=overrides)
    kernel.bus.start(kernel.settings.jobs.threads)
    try:
        yield kernel
    finally:
        kernel.bus.stop()
        kernel.close()


def _happen(uow: Any, workspace_id: str | None) -> None:
    tag = new_id()
    payload = {"workspace_id": workspace_id, "tag_id": tag, "name": f"at {time.time_ns()}"}
    uow.publish(TAG_CREATED, tag, payload)


def _bare(there: Sink, count: int) -> float:
    """Posts a second of threads that do nothing else."""
    body = b'{"data":{"name":"at %d"},"text":"' + b"x" * 400 + b'"}'

    def post() -> None:
        for _ in range(count // SENDERS):
            connection = http.client.HTTPConnection("127.0.0.1", there.port)
            connection.request("POST", "/", body % time.time_ns())
            connection.getresponse().read()
            connection.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=post) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rate = count // SENDERS * SENDERS / (time.perf_counter() - began)
    there.wait(count // SENDERS * SENDERS)
    return rate


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
