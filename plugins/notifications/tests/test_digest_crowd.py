"""The days of many people end in the same minute: one mail for each, over few connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from pronaflow_kernel.api import Membership, Scope, User, new_id
from pronaflow_kernel.testing import World
from pronaflow_kernel.testing.mail_sink import Sink
from pronaflow_notifications.delivery.models import Dispatch
from pronaflow_notifications.models import Notification

PEOPLE, EACH = 200, 2


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.stop()


def crowd(world: World) -> None:
    """People of one workspace, with what waits for each of them until now."""
    owner = world.person()
    with world.kernel.db.write(Scope.system(owner.workspace_id)) as uow:
        users = uow.insert_many(User, [_user(number) for number in range(PEOPLE)])
        when = {"joined_at": uow.now, "updated_at": uow.now}
        uow.insert_many(Membership, [{"user_id": user["id"], "role": "member", **when} for user in users])
        told = [_notification(user["id"]) for user in users for _ in range(EACH)]
        due = {"channel": "email", "due_at": uow.now + timedelta(seconds=30), "window_key": "daily"}
        rows = uow.insert_many(Notification, told)
        uow.insert_many(
            Dispatch, [{"notification_id": row["id"], "user_id": row["user_id"], **due} for row in rows]
        )


def _user(number: int) -> dict[str, Any]:
    name = f"crowd{number}"
    names = {"username": name, "username_norm": name, "full_name": None}
    return {"email": f"{name}@example.org", "email_norm": f"{name}@example.org", "status": "active", **names}


def _notification(user_id: str) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "type": "task_assigned",
        "provider": "notifications",
        "title": "Task assigned to you",
        "message": "Task assigned to you",
        "texts": {},
        "reasons": [],
        "event_id": new_id(),
        "about_id": new_id(),
        "priority": "medium",
        "revision": 1,
    }


def test_each_gets_one_mail(new_world: Callable[..., World], sink: Sink) -> None:
    world = new_world()
    world.kernel.mail._mailer = sink.mailer(clock=world.clock)
    world.drain()
    crowd(world)
    world.clock.advance(60)
    with world.statements() as seen:
        world.drain()
    got = Counter(recipient for envelope in sink.received for recipient in envelope.rcpt_tos)
    assert (len(got), set(got.values())) == (PEOPLE, {1})
    assert len(sink.sessions) <= PEOPLE // 50 + 1, "connections are kept"
    assert len(seen) / PEOPLE < 40
    assert len({message["Message-ID"] for message in sink.messages}) == PEOPLE
    world.clock.advance(60)
    world.drain()
    assert len(sink.received) == PEOPLE
