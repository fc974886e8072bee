"""Owners are told 7 days and 1 day before a token ends, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pronaflow_integrations.tokens.warning import due
from pronaflow_kernel.api import Scope, User
from pronaflow_kernel.testing import Person, World

TOKENS = "/api/v1/integration/tokens"
DAY = 86_400
END = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def world(new_world: Any) -> Any:
    """A server of its own, since what comes due does so once; its schedules have begun."""
    made = new_world()
    made.drain()
    return made


@pytest.fixture
def told(world: World) -> Callable[[Person], list[str]]:
    """Moves the clock on and answers the subjects of the mails that came in the meantime."""

    def wait(person: Person, days: float = 0) -> list[str]:
        before = len(world.outbox.to(person.email))
        world.clock.advance(days * DAY)
        world.drain()
        return [mail.subject for mail in world.outbox.to(person.email)[before:]]

    return wait


def subject(days: str, name: str = "Bot") -> str:
    return f"Your API token {name} expires in {days} - PronaFlow"


def test_an_owner_is_told_twice(world: World, ann: Person, token_of: Any, told: Any) -> None:
    made = token_of(ann, expires_at="2026-04-01T09:00:00Z")
    assert told(ann, 22.9) == []
    assert told(ann, 0.2) == [subject("7 days")]
    assert told(ann, 5.8) == []
    assert told(ann, 0.2) == [subject("1 day")]
    assert told(ann, 0.5) == told(ann, 3) == []
    mail = world.outbox.to(ann.email)[-1]
    assert "2026-04-01 09:00 UTC" in mail.text and made["token_prefix"] in mail.text
    assert made["token"] not in mail.text + str(mail.html)
    events = [each for each in world.events(ann.workspace_id) if each["type"] == "token.expiring"]
    assert [each["payload"]["days_left"] for each in events] == [7, 1]


def test_after_an_outage_the_last_one_counts(ann: Person, token_of: Any, told: Any) -> None:
    token_of(ann, expires_at="2026-04-01T09:00:00Z")
    assert told(ann, 29.5) == [subject("1 day")]


def test_one_that_was_ended_before_is_left_alone(ann: Person, token_of: Any, told: Any) -> None:
    for change in ({"is_active": False}, None):
        made = token_of(ann, expires_at="2026-03-20")
        url = f"{TOKENS}/{made['id']}"
        assert (ann.delete(url) if change is None else ann.patch(url, change)).status < 300
    assert told(ann, 15) == []


def test_a_new_end_is_told_of_anew(ann: Person, world: World, token_of: Any, told: Any) -> None:
    made = token_of(ann, expires_at="2026-04-01T09:00:00Z")
    assert told(ann, 24) == [subject("7 days")]
    world.step_up(ann)
    assert ann.post(f"{TOKENS}/{made['id']}/rotate", {"expires_at": "2026-05-01T09:00:00Z"}).status == 200
    assert told(ann, 7) == []
    assert told(ann, 22) == [subject("7 days")]


def test_who_is_not_there_any_more_is_not_told(world: World, ann: Person, token_of: Any, told: Any) -> None:
    token_of(ann, expires_at="2026-04-01T09:00:00Z")
    with world.kernel.db.write(Scope.system()) as uow:
        uow.update(User, uow.get(User, ann.id), {"status": "disabled"})
    assert told(ann, 24) == []


def test_it_is_told_in_their_language(world: World, ann: Person, token_of: Any, told: Any) -> None:
    with world.kernel.db.write(Scope.system()) as uow:
        world.kernel.contexts["integrations"].preferences.change(uow, "locale", ann.id, {"language": "vi-VN"})
    token_of(ann, expires_at="2026-04-01T09:00:00Z")
    assert told(ann, 24) == ["Mã API Bot của bạn hết hạn sau 7 ngày - PronaFlow"]
    mail = world.outbox.to(ann.email)[-1]
    assert "Programs" not in mail.text


@pytest.mark.parametrize(
    ("life", "left", "warned", "days"),
    [
        (30, 8, None, None),
        (30, 7, None, 7),
        (30, 3, None, 7),
        (30, 3, 7, None),
        (30, 1, 7, 1),
        (30, 0.5, None, 1),
        (30, 0.5, 1, None),
        (5, 4, None, None),
        (5, 1, None, 1),
        (1, 0.5, None, None),
    ],
)
def test_when_it_is_due(life: float, left: float, warned: int | None, days: int | None) -> None:
    row = {"created_at": END - timedelta(days=life), "expires_at": END, "warned_days": warned}
    assert due(row, END - timedelta(days=left)) == days
