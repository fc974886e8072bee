"""The demonstration: loaded whole or called incomplete, and removed with nothing but what it made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from pronaflow_importer.demo import DOMAIN, TASKS, DemoIncomplete, load_demo, reset_demo
from pronaflow_importer.models import Base
from pronaflow_kernel.api import Context, Scope, User, tenancy
from pronaflow_kernel.persistence.autogenerate import drift
from pronaflow_kernel.testing import World

_USER = select(User.__table__).where(User.username_norm == bindparam("name"))


@pytest.fixture
def own(new_world: Callable[..., World]) -> World:
    """A server without a demonstration."""
    return new_world()


@pytest.fixture
def ctx(own: World) -> Context:
    return own.kernel.contexts["importer"]


def user(world: World, name: str) -> Any:
    with world.kernel.db.read(Scope.system()) as reader:
        return reader.one(_USER, name=name)


def register(world: World, name: str, email: str) -> None:
    body = {"email": email, "username": name, "password": "correct-Horse-7-battery"}
    assert world.anonymous().post("/api/v1/auth/register", body).status == 201


class Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def stop_after(days: int) -> Callable[[int], None]:
    seen: list[int] = []

    def advance(steps: int) -> None:
        seen.append(steps)
        if len(seen) == days:
            raise Stopped

    return advance


def test_the_tables_are_what_the_migration_makes(world: World) -> None:
    assert drift(world.kernel.db.engines.write, Base.metadata, "importer") == []


def test_it_is_loaded_once_and_removed_whole(own: World, ctx: Context) -> None:
    first = load_demo(ctx)
    assert (first["loaded"], first["tasks"]) == (True, TASKS)
    assert load_demo(ctx) == {**first, "loaded": False}
    assert user(own, "demo_amara") is not None
    assert reset_demo(ctx) and not reset_demo(ctx)
    assert user(own, "demo_amara") is None


def test_a_load_that_was_stopped_is_told_and_can_be_reset(own: World, ctx: Context) -> None:
    with pytest.raises(Stopped):
        load_demo(ctx, stop_after(10))
    with pytest.raises(DemoIncomplete, match=rf"after \d\d of {TASKS} tasks; .*demo reset"):
        load_demo(ctx)
    assert reset_demo(ctx)
    assert user(own, "demo_amara") is None


def test_people_whom_it_did_not_make_stay(own: World, ctx: Context) -> None:
    register(own, "eve", f"eve{DOMAIN}")
    register(own, "demo_amara", "amara@example.com")
    register(own, "other", f"bao{DOMAIN}")
    with pytest.raises(Stopped):
        load_demo(ctx, stop_after(1))
    assert user(own, "demo_amara2")["email"] == f"amara2{DOMAIN}"
    assert user(own, "demo_bao2") is not None and user(own, "demo_clara") is not None
    assert reset_demo(ctx)
    assert user(own, "demo_amara2") is None and user(own, "demo_clara") is None
    assert all(user(own, name) for name in ("eve", "demo_amara", "other"))


def test_its_people_stay_where_others_need_them(own: World, ctx: Context) -> None:
    ann = own.person("ann")
    with pytest.raises(Stopped):
        load_demo(ctx, stop_after(1))
    amara = user(own, "demo_amara")["id"]
    with ctx.db.write(Scope.system(ann.workspace_id), origin="system") as uow:
        tenancy.add_member(uow, amara, "member")
    assert reset_demo(ctx)
    assert user(own, "demo_amara") is not None and user(own, "demo_bao") is None
