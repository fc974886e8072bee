"""What goes wrong around a request, and what its caller hears of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import TimeoutError as NoConnection

from pronaflow_kernel.persistence.engines import open_bare
from pronaflow_kernel.testing import Person, Reply, World

ME = "/api/v1/auth/me"


@pytest.mark.parametrize(
    ("pool", "ask"),
    [("read", lambda ann: ann.get(ME)), ("write", lambda ann: ann.patch(ME, {"full_name": "Ann"}))],
    ids=["read", "write"],
)
def test_where_no_connection_is_left_the_caller_is_told_to_come_again(
    new_world: Callable[..., World],
    monkeypatch: pytest.MonkeyPatch,
    pool: str,
    ask: Callable[[Person], Reply],
) -> None:
    world = new_world(candidates=[])
    ann, engine = world.person(), getattr(world.kernel.db.engines, pool)
    monkeypatch.setattr(engine.pool, "_timeout", 0.01)
    with ExitStack() as held:
        with pytest.raises(NoConnection):
            while True:
                held.enter_context(engine.connect())
        refused = ask(ann)
    assert (refused.status, refused.error["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert refused.headers["Retry-After"] == "1"
    assert ask(ann).status == 200


@pytest.mark.parametrize(
    "trouble", ["query_only = on", "max_page_count = 1"], ids=["cannot be written", "is full"]
)
def test_where_the_disk_of_sqlite_is_in_trouble_the_caller_is_told_to_come_again(
    tmp_path: Path, trouble: str
) -> None:
    world = World(f"sqlite:///{tmp_path / 'pronaflow.sqlite3'}", tmp_path, candidates=[])
    ann, write = world.person(), world.kernel.db.engines.write

    def make_trouble(connection: Any) -> None:
        connection.connection.driver_connection.execute(f"PRAGMA {trouble}")

    event.listen(write, "begin", make_trouble)
    # Each workspace takes some room, until there is none.
    answers = [ann.post("/api/v1/auth/register", account(number)) for number in range(40)]
    event.remove(write, "begin", make_trouble)
    write.dispose()
    assert {answer.status for answer in answers} <= {201, 503}
    assert (answers[-1].status, answers[-1].error["code"]) == (503, "SERVICE_UNAVAILABLE")
    bare = open_bare(world.database_url)
    with bare.connect() as connection:
        told = connection.scalar(text("SELECT count(*) FROM core__event WHERE type = 'user.registered'"))
    bare.dispose()
    assert told == sum(answer.status == 201 for answer in answers)
    assert ann.post("/api/v1/auth/register", account(40)).status == 201
    world.close()


def account(number: int) -> dict[str, str]:
    name = f"late{number}"
    return {"email": f"{name}@example.com", "username": name, "password": "Quiet-Meadow7!x"}
