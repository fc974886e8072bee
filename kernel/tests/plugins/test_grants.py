"""What a plugin's statements may touch: its own tables, and reading those that its manifest names."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from notes_plugin import plugin as notes
from notes_plugin.plugin import Note
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import aliased

from pronaflow_kernel.api import SCOPE_WORKSPACE, Membership, Scope, User, Workspace, tenancy, unscoped
from pronaflow_kernel.attribution import acting, as_kernel
from pronaflow_kernel.errors import CapabilityDenied
from pronaflow_kernel.testing import Person, World

OWN = select(Note.id).where(Note.workspace_id == SCOPE_WORKSPACE)
NAMES = select(User.username)
MEMBERS = select(Membership.user_id).where(Membership.workspace_id == SCOPE_WORKSPACE)
ELSEWHERE = unscoped("a test", select(Membership.user_id))


@pytest.fixture
def scope(ann: Person) -> Scope:
    return Scope.system(ann.workspace_id)


FOREIGN = {
    "a table": (NAMES, "core__user"),
    "a join": (select(Note.id).join(User, User.id == Note.id).where(OWN.whereclause), "core__user"),  # type: ignore[arg-type]
    "an alias": (select(aliased(User).id), "core__user"),
    "a subquery": (OWN.where(Note.id.in_(select(User.id))), "core__user"),
    "a scalar": (OWN.where(select(func.count()).select_from(User).scalar_subquery() > 0), "core__user"),
    "a common table": (select(select(User.id).cte().c.id), "core__user"),
    "a union": (OWN.union(select(User.id)), "core__user"),
    "two tables": (
        MEMBERS.join(User, User.id == Membership.user_id),
        "core__membership, core__user",
    ),
    "an unscoped one": (ELSEWHERE, "core__membership"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_table_is_named_wherever_it_stands(world: World, scope: Scope, kind: str) -> None:
    statement, tables = FOREIGN[kind]
    words = rf"The plugin notes reads {tables}: name what it reads under `reads` in its plugin\.toml"
    for _ in range(3):  # also once it is prepared
        with world.kernel.db.read(scope) as reader:
            reader.all(statement)  # type: ignore[arg-type]
            with acting("notes"), pytest.raises(CapabilityDenied, match=words):
                reader.all(statement)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "statement",
    [
        insert(User).values(id="x"),
        update(User).values(username="x"),
        delete(User),
        update(Note)
        .where(Note.workspace_id == SCOPE_WORKSPACE, Note.id.in_(select(User.id)))
        .values(title="x"),
        delete(Membership).where(Membership.workspace_id == SCOPE_WORKSPACE),
    ],
    ids=["insert", "update", "delete", "update from", "delete of tenants"],
)
def test_writing_needs_the_owner(world: World, scope: Scope, statement: Any) -> None:
    with (
        pytest.raises(CapabilityDenied, match=r"The plugin notes (writes|reads) core__"),
        world.kernel.db.write(scope) as uow,
        acting("notes"),
    ):
        uow.execute(statement)


def test_reading_what_is_declared_is_fine_and_writing_it_is_not(world: World, scope: Scope) -> None:
    world.kernel.db.engines.read.dialect.statement_compiler.grants.allow("greedy", ["core__user"])  # type: ignore[attr-defined]
    with world.kernel.db.read(scope) as reader, acting("greedy"):
        assert reader.all(NAMES)
        with pytest.raises(CapabilityDenied, match="core__membership"):
            reader.all(MEMBERS)
    with (
        pytest.raises(CapabilityDenied, match="writes core__user, which it does not own"),
        world.kernel.db.write(scope) as uow,
        acting("greedy"),
    ):
        uow.execute(update(User).values(username="x"))


@pytest.mark.parametrize("statement", [text("SELECT 1 FROM core__user"), text("DROP TABLE notes__note")])
def test_text_is_refused_even_where_it_says_why(world: World, scope: Scope, statement: Any) -> None:
    with world.kernel.db.write(scope) as uow, acting("notes"):
        marked = uow.connection.execution_options(unscoped="a test")
        with pytest.raises(
            CapabilityDenied,
            match=r"The plugin notes runs (text SQL or DDL|a statement, but it holds text SQL)",
        ):
            marked.execute(statement)


def test_what_the_kernel_does_for_a_plugin_it_does_as_the_kernel(
    world: World, scope: Scope, bob: Person
) -> None:
    with world.kernel.db.write(scope) as uow, acting("notes"):
        tenancy.add_member(uow, bob.id, "member")
        assert tenancy.is_member(uow, bob.id)


def test_own_tables_may_be_called_anything_behind_the_prefix(world: World, ann: Person, scope: Scope) -> None:
    ann.post("/api/v1/notes", {"title": "x"})
    with world.kernel.db.read(scope) as reader, acting("notes"):
        assert len(reader.all(OWN)) == 1


def test_a_neighbour_whose_id_begins_alike_owns_nothing_of_it(world: World, scope: Scope) -> None:
    with (
        world.kernel.db.read(scope) as reader,
        acting("note"),
        pytest.raises(CapabilityDenied, match="The plugin note reads notes__note"),
    ):
        reader.all(OWN)


def test_a_route_that_reaches_too_far_is_a_defect_and_no_secret(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)

    monkeypatch.setattr(notes.NOTES, "page", lambda reader, *_: reader.all(NAMES))
    reply = ann.get("/api/v1/notes")
    assert (reply.status, reply.error["code"]) == (500, "INTERNAL_ERROR")
    assert "core__user" not in reply.body.decode()
    assert "The plugin notes reads core__user" in caplog.text


def test_a_function_of_the_kernel_gives_the_plugin_back(world: World, scope: Scope) -> None:
    @as_kernel
    def names() -> list[Any]:
        with world.kernel.db.read(scope) as reader:
            return reader.all(NAMES)

    with acting("notes"):
        assert names()
        with world.kernel.db.read(scope) as reader, pytest.raises(CapabilityDenied):
            reader.all(NAMES)


def test_the_workspace_table_is_nobodys_but_the_kernels(world: World, scope: Scope) -> None:
    with (
        pytest.raises(CapabilityDenied),
        world.kernel.db.write(scope) as uow,
        acting("notes"),
    ):
        uow.insert(Workspace, {"name": "x", "owner_id": "x"})


@pytest.mark.parametrize("setting", ["PRAGMA query_only=off", "SET default_transaction_read_only=off"])
def test_a_connection_that_others_get_after_it_is_not_changed(world: World, setting: str) -> None:
    with world.kernel.db.engines.read.connect() as connection, acting("notes"):
        with pytest.raises(CapabilityDenied, match="text SQL"):
            connection.exec_driver_sql(setting)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
