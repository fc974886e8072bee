"""Reading the ledger: one thing, one container, or the whole workspace where nobody owns containers."""

from __future__ import annotations

from typing import Any

import pytest

from pronaflow_kernel.api import InvalidRequest, LedgerQuery, LedgerReads, Scope, ValidationFailed
from pronaflow_kernel.attribution import acting
from pronaflow_kernel.testing import Person, World


@pytest.fixture
def ledger(world: World) -> LedgerReads:
    """As a plugin holds it."""
    return world.kernel.contexts["notes"].ledger


def asked(**query: Any) -> Any:
    """A query as a route loads it."""
    return LedgerQuery().load(query)


def note(person: Person, title: str = "One") -> str:
    """Id of a new note."""
    return str(person.post("/api/v1/notes", {"title": title}).data["id"])


def test_a_workspace_reads_its_own_events_newest_first(
    world: World, ann: Person, bob: Person, ledger: LedgerReads
) -> None:
    first = note(ann)
    world.clock.advance(1)
    second = note(ann)
    note(bob)
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        page = ledger.in_workspace(reader, asked(type="note.*"))
        about = ledger.about(reader, page.rows[0]["aggregate_type"], first, asked())
        nothing = ledger.in_container(reader, first, asked())
    assert [row["aggregate_id"] for row in page.rows] == [second, first]
    assert {row["user_id"] for row in page.rows} == {ann.id}
    assert page.rows[0]["actor"]["username"] == ann.username
    assert [row["aggregate_id"] for row in about.rows] == [first]
    assert nothing.rows == []


def test_a_page_is_one_statement_until_there_are_more(world: World, ann: Person, ledger: LedgerReads) -> None:
    for number in range(4):
        note(ann, f"Note {number}")
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        with world.statements() as seen:
            assert len(ledger.in_workspace(reader, asked(type="note.created")).rows) == 4
        assert len(seen) == 1
        with world.statements() as seen:
            page = ledger.in_workspace(reader, asked(type="note.created", page_size=3))
        assert (len(seen), page.total) == (2, 4)
        rest = ledger.in_workspace(reader, asked(type="note.created", page_size=3, cursor=page.next_cursor))
    assert len(rest.rows) == 1
    assert rest.rows[0]["id"] not in {row["id"] for row in page.rows}


def test_bad_questions_are_refused(world: World, ann: Person, ledger: LedgerReads) -> None:
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        with pytest.raises(InvalidRequest):
            ledger.in_workspace(reader, asked(cursor="x"))
        with pytest.raises(ValidationFailed):
            ledger.in_workspace(reader, asked(sort="nonsense"))


def test_a_plugin_needs_no_grant_for_it(world: World, ann: Person, ledger: LedgerReads) -> None:
    note(ann)
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader, acting("notes"):
        assert ledger.in_workspace(reader, asked()).rows
