"""How long the daily digests of 10,000 people take that fall due in the same minute.

    python contrib/benchmarks/digests.py [--quick] [--database sqlite|postgresql|both]

Everybody has three notifications of one project that wait for the end of their day. The server has three
background threads, as by default, and hands the mails to a real SMTP server in another process, which counts
mails, people and connections. The clock runs from the minute's job until the last mail is there. The goal is
one mail for each, within 10 minutes on 2 cores, over at most 5 connections.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from measure import Figures, Options, options, show
from place import database

from pronaflow_kernel.api import Membership, Scope, User, new_id
from pronaflow_kernel.kernel import Kernel
from pronaflow_kernel.tenancy.service import create_workspace
from pronaflow_kernel.web.app import start
from pronaflow_notifications.delivery.models import Dispatch
from pronaflow_notifications.models import Notification

TITLE = "Digests: many people's days end in one minute"
EACH = 3
"""Notifications of each person."""
PORTION = 500
PATIENCE = 1800.0
GOAL = 600.0


def figures(asked: Options) -> Figures:
    people = 100 if asked.quick else 10_000
    for kind in asked.databases:
        with database(kind) as (url, folder), _sink() as sink, _server(url, folder, sink.port) as kernel:
            _crowd(kernel, people)
            seconds = _run(kernel, sink, people)
            mails, different, most = sink.counted()
        yield (
            f"{kind}, {people:,} people",
            f"{mails:,} mails to {different:,} in {seconds:.1f} s ({mails / seconds:.0f} a second), at most "
            f"{most} connections at a time, goal {GOAL:g} s and 5",
        )


class _Sink:
    """The SMTP server in the other process."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self.port = pipe, int(pipe.recv())

    def counted(self) -> tuple[int, int, int]:
        """Mails, different recipients, most connections at a time."""
        self._pipe.send("count")
        mails, different, most = self._pipe.recv()
        return mails, different, most


@contextmanager
def _sink() -> Iterator[_Sink]:
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield _Sink(ours)
    finally:
        ours.send("stop")
        process.join(10)


def _serve(pipe: Connection) -> None:
    recipients: list[str] = []
    open_now: set[int] = set()
    most = 0

    class Counting(SMTP):
        def connection_made(self, transport: Any) -> None:
            nonlocal most
            open_now.add(id(self))
            most = max(most, len(open_now))
            super().connection_made(transport)

        def connection_lost(self, error: Exception | None) -> None:
            open_now.discard(id(self))
            super().connection_lost(error)

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            recipients.extend(envelope.rcpt_tos)
            return "250 OK"

    class Local(Controller):
        def factory(self) -> SMTP:
            return Counting(self.handler)

        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    server = Local(Handler(), hostname="127.0.0.1", port=0)
    server.start()
    pipe.send(server.port)
    while pipe.recv() == "count":
        pipe.send((len(recipients), len(set(recipients)), most))
    server.stop()


@contextmanager
def _server(url: str, folder: Path, port: int) -> Iterator[Kernel]:
    from pronaflow_kernel.testing.world import migrate_all

    migrate_all(url, None)
    overrides = {
        "environment": "test",
        "database_url": url,
        "data_dir": str(folder),
        "mail.url": f"smtp://127.0.0.1:{port}",
    }
    kernel, _ = start(env={}, overrides=overrides)
    try:
        yield kernel
    finally:
        kernel.close()


def _crowd(kernel: Kernel, people: int) -> None:
    """People of one workspace, with what waits for each of them."""
    with kernel.db.write(Scope.system()) as uow:
        owner = uow.insert(User, _user(0))
        workspace = create_workspace(uow, owner["id"], {"name": "Many"})
    for begin in range(1, people + 1, PORTION):
        with kernel.db.write(Scope.system(workspace["id"])) as uow:
            users = uow.insert_many(User, [_user(n) for n in range(begin, min(begin + PORTION, people + 1))])
            uow.insert_many(
                Membership,
                [
                    {"user_id": user["id"], "role": "member", "joined_at": uow.now, "updated_at": uow.now}
                    for user in users
                ],
            )
            rows = [_notification(user["id"], number) for user in users for number in range(EACH)]
            due = uow.now - timedelta(seconds=1)
            uow.insert_many(
                Dispatch,
                [
                    {
                        "notification_id": row["id"],
                        "user_id": row["user_id"],
                        "channel": "email",
                        "due_at": due,
                        "window_key": "daily",
                    }
                    for row in uow.insert_many(Notification, rows)
                ],
            )


def _user(number: int) -> dict[str, Any]:
    email = f"person{number}@example.org"
    names = {
        "username": f"person{number}",
        "username_norm": f"person{number}",
        "full_name": f"Person {number}",
    }
    return {"email": email, "email_norm": email, "status": "active", **names}


def _notification(user_id: str, number: int) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "type": "task_assigned",
        "provider": "tasks",
        "title": "Task assigned to you",
        "message": "{actor} assigned task '{title}' to you",
        "texts": {"title": f"Task {number}"},
        "action_url": f"/tasks/{new_id()}",
        "reasons": [["assignee", "You work on the task."]],
        "event_id": new_id(),
        "about_id": new_id(),
        "priority": "medium",
        "preference": "email_on_task_assigned",
        "revision": number,
    }


def _run(kernel: Kernel, sink: _Sink, people: int) -> float:
    """Seconds from the minute's job to the last mail."""
    kernel.bus.start(3)
    since = time.monotonic()
    with kernel.db.write(Scope.system()) as uow:
        kernel.contexts["notifications"].jobs.enqueue(uow, "find_waiting", {})
    while sink.counted()[1] < people and time.monotonic() - since < PATIENCE:
        time.sleep(0.25)
    seconds = time.monotonic() - since
    time.sleep(2)  # a second mail would come now
    return seconds


if __name__ == "__main__":
    show(TITLE, figures(options(__doc__)))
