"""What goes wrong around a request, and what its caller hears of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

import pytest
from sqlalchemy.exc import TimeoutError as NoConnection

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
