"""A plugin whose background work fails while there is a file `ill`, and a server over what it left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pronaflow_kernel.assembly import assemble
from pronaflow_kernel.kernel import Kernel
from pronaflow_kernel.persistence.scope import Scope

MANIFEST = """
[events]
emits = ["bell.rung"]
listens = ["bell.rung", "bell.*"]
"""

CODE = """
from pathlib import Path

from marshmallow import Schema, fields

from pronaflow_kernel.api import EventType, JobType, Plugin, Subscriber, hookimpl


class Rung(Schema):
    hour = fields.Integer()


RUNG = EventType("bell.rung", "Bell", Rung)


def note(what):
    if Path("ill").exists():
        raise RuntimeError("ill")
    with Path("heard").open("a") as file:
        print(what, file=file)


def tell(uow, event):
    note(event.payload["hour"])


class Main(Plugin):
    def setup(self, ctx):
        self.ctx = ctx

    @hookimpl
    def provide_event_types(self):
        return [RUNG]

    @hookimpl
    def provide_subscribers(self):
        return [
            Subscriber("tell", ("bell.rung",), tell, max_attempts=1),
            Subscriber("post", ("bell.rung",), lambda uow, event: None, mode="external", queue="mail"),
            Subscriber("count", ("bell.*",), lambda uow, events: None, mode="batch"),
        ]

    @hookimpl
    def provide_jobs(self):
        return [JobType("oil", lambda uow, args: note(f"oil {args['drops']}"), max_attempts=1)]
"""


@contextmanager
def server() -> Iterator[Kernel]:
    """A server that does what waits when a test says so."""
    kernel = assemble()
    try:
        yield kernel
    finally:
        kernel.close()


def ring(*hours: int, workspace_id: str | None = None) -> None:
    """Let the bell ring, each time in a commit of its own; nobody hears of it yet."""
    with server() as kernel:
        for hour in hours:
            with kernel.db.write(Scope.system(workspace_id)) as uow:
                uow.publish(
                    kernel.event_types["bell.rung"], "0" * 8 + "-0000-7000-8000-" + "0" * 12, {"hour": hour}
                )


def oil(*drops: int, **how: Any) -> None:
    """Hand in jobs; nothing is done yet."""
    with server() as kernel, kernel.db.write(Scope.system()) as uow:
        for each in drops:
            kernel.contexts["belfry"].jobs.enqueue(uow, "oil", {"drops": each}, **how)


def work() -> list[str]:
    """Do everything that waits; returns what was heard so far."""
    with server() as kernel:
        kernel.bus.drain()
    heard = Path("heard")
    return heard.read_text().splitlines() if heard.exists() else []


def fail() -> None:
    """Let everything that waits fail for good."""
    Path("ill").touch()
    work()
    Path("ill").unlink()
