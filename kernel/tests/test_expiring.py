"""Forgetting what has expired, little by little."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from pronaflow_kernel import expiring
from pronaflow_kernel.expiring import Expiring, forgetting
from pronaflow_kernel.identity.models import Attempt
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import World

HOUR = timedelta(hours=1)


def put(world: World, kind: str, *ages: timedelta) -> None:
    """Rows that expired so long ago."""
    now = world.clock.now()
    rows = [
        {
            "id": new_id(),
            "kind": kind,
            "account_hash": b"",
            "source_hash": b"",
            "at": now,
            "expires_at": now - age,
        }
        for age in ages
    ]
    with world.kernel.db.write(Scope.system()) as uow:
        uow.execute(insert(Attempt).values(rows))


def left(world: World, kind: str) -> list[timedelta]:
    """How long ago those expired that are left, the oldest first."""
    statement = select(Attempt.expires_at).where(Attempt.kind == kind).order_by(Attempt.expires_at)
    with world.kernel.db.read(Scope.system()) as reader:
        return [world.clock.now() - row["expires_at"] for row in reader.all(statement)]


def run(world: World, *what: Expiring) -> None:
    forgetting(world.kernel, "test", "* * * * *", *what).run(None, {})  # type: ignore[arg-type]


def test_what_has_expired_goes_and_all_else_stays(world: World) -> None:
    kind = new_id()[:30]
    put(world, kind, 2 * HOUR, HOUR, timedelta(0), -HOUR)
    run(world, Expiring(Attempt, kept=HOUR))
    assert left(world, kind) == [timedelta(0), -HOUR]
    run(world, Expiring(Attempt))
    assert left(world, kind) == [-HOUR]


def test_a_transaction_takes_the_oldest_and_only_so_many(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiring, "AT_ONCE", 3)
    run(world, Expiring(Attempt))
    kind = new_id()[:30]
    put(world, kind, *(n * HOUR for n in range(7)))
    sizes = []
    original = world.kernel.db.write

    def noted(*args: Any, **kwargs: Any) -> Any:
        sizes.append(len(left(world, kind)))
        return original(*args, **kwargs)

    monkeypatch.setattr(world.kernel.db, "write", noted)
    run(world, Expiring(Attempt))
    assert sizes == [7, 4, 1]
    assert left(world, kind) == []


def test_all_of_the_kernels_own_run_by_the_clock_in_no_transaction_of_the_bus(world: World) -> None:
    types = world.kernel.bus.works.job_types
    for name in ("core.forget_sign_ins", "core.forget_keys"):
        assert types[name].mode == "external"
        assert len(types[name].schedules) == 1
