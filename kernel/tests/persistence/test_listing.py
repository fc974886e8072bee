"""Lists keep a bounded number of statements, and count exactly only as far as that is cheap."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from notes_plugin.plugin import NOTES, Note
from sqlalchemy import bindparam, select

from pronaflow_kernel.api import SCOPE_WORKSPACE, Listing, Scope
from pronaflow_kernel.persistence import listing
from pronaflow_kernel.testing import Person, World


def write(ann: Person, how_many: int) -> None:
    for number in range(how_many):
        ann.post("/api/v1/notes", {"title": f"Note {number}"})


def pagination(ann: Person, **query: Any) -> Any:
    return ann.get("/api/v1/notes", page_size=2, **query).json["pagination"]


def test_a_total_is_exact_up_to_the_cap_and_says_where_it_is_not(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_TOTAL", 3)
    monkeypatch.setattr(NOTES, "_counts", {})
    write(ann, 3)
    shown = pagination(ann)
    assert (shown["total"], "total_exact" in shown) == (3, False)
    write(ann, 2)
    shown = pagination(ann)
    assert (shown["total"], shown["total_exact"]) == (3, False)


def test_the_last_page_knows_better_than_the_cap(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_TOTAL", 3)
    monkeypatch.setattr(NOTES, "_counts", {})
    write(ann, 5)
    shown = pagination(ann, page=3)
    assert (shown["total"], "total_exact" in shown) == (5, False)


def test_statements_of_the_oldest_shapes_make_room(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_SHAPES", 4)
    write(ann, 2)
    own = Listing(
        select(Note.__table__).where(Note.workspace_id == SCOPE_WORKSPACE),
        id=Note.id,
        filters={name: Note.title != bindparam(name) for name in ("one", "two", "three")},
        sorts={"title": Note.title, "created_at": Note.created_at},
        default="title",
    )
    shapes = list(product(("title", "-title", "created_at", "-created_at"), *((None, "x"),) * 3))
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        for _ in range(2):
            for sort, *values in shapes:
                query = {"page": 1, "page_size": 1, "sort": sort}
                page = own.page(reader, query, dict(zip(("one", "two", "three"), values, strict=True)))
                assert (len(page.rows), page.total) == (1, 2)
    assert len(shapes) > 4
    assert len(own._lists) == len(own._counts) == 4


def test_sums_are_of_all_pages_that_the_filters_leave(world: World, ann: Person) -> None:
    write(ann, 5)
    own = Listing(
        select(Note.__table__).where(Note.workspace_id == SCOPE_WORKSPACE),
        id=Note.id,
        filters={"not": Note.title != bindparam("not")},
        sorts={"title": Note.title},
        default="title",
        sums={"versions": Note.version},
    )
    query = {"page": 1, "page_size": 2}
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        assert own.page(reader, query).pagination()["versions"] == 5
        assert own.page(reader, query, {"not": "Note 1"}).pagination()["versions"] == 4
    with world.kernel.db.read(Scope.system(world.person().workspace_id)) as reader:
        assert own.page(reader, query).pagination()["versions"] == 0


@pytest.mark.parametrize("most", [3, 100], ids=["many are left", "few are left"])
@pytest.mark.parametrize("sort", ["created_at", "-created_at", "title"])
def test_a_rare_filter_changes_how_rows_are_found_and_not_which(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch, most: int, sort: str
) -> None:
    monkeypatch.setattr(listing, "FEW", most)
    write(ann, 7)
    plain, sparse = (
        Listing(
            select(Note.__table__).where(Note.workspace_id == SCOPE_WORKSPACE),
            id=Note.id,
            filters={"not": Note.title != bindparam("not")},
            sorts={"title": Note.title, "created_at": Note.created_at},
            default="title",
            rare=rare,
        )
        for rare in ((), ("not",))
    )
    query: dict[str, Any] = {"page": 1, "page_size": 2, "sort": sort}
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        for number in range(1, 5):
            here = {**query, "page": number}
            assert sparse.page(reader, here, {"not": "Note 1"}) == plain.page(reader, here, {"not": "Note 1"})
        cursors = [each.page(reader, query, {"not": "Note 1"}).next_cursor for each in (sparse, plain)]
        onward = [
            each.page(reader, {**query, "cursor": cursor}, {"not": "Note 1"}).rows
            for each, cursor in zip((sparse, plain), cursors, strict=True)
        ]
    assert onward[0] == onward[1] != []
    by_index = [shape.few for shape in sparse._lists]
    assert by_index == [most == 100] * 2
