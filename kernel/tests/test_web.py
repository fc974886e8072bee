"""One request, top to bottom, on a resource that a plugin brings."""

from __future__ import annotations

import base64
import json
from typing import Any, ClassVar

import pytest
from notes_plugin.plugin import Note
from sqlalchemy import select

from pronaflow_kernel.assembly import StartRefused
from pronaflow_kernel.errors import NotFound
from pronaflow_kernel.hookspecs import hookimpl
from pronaflow_kernel.ids import new_id
from pronaflow_kernel.persistence.uow import UnitOfWork
from pronaflow_kernel.plugins.base import Plugin
from pronaflow_kernel.plugins.hooks import Hooks
from pronaflow_kernel.testing import Person, ResourceSuite, World
from pronaflow_kernel.web.app import create_app


class TestNotes(ResourceSuite):
    """The suite that every resource passes, on the smallest resource."""

    path = "/api/v1/notes"
    patch = {"title": "Other"}
    clears: ClassVar[dict[str, Any]] = {"due_at": "2026-03-02T03:00:00Z"}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        return {"title": f"Note {number}"}


def test_null_clears_and_a_missing_key_stays(ann: Person) -> None:
    note = ann.post("/api/v1/notes", {"title": "x", "due_at": "2026-03-02T10:00:00+07:00"}).data
    assert note["due_at"] == "2026-03-02T03:00:00Z"
    url = f"/api/v1/notes/{note['id']}"
    assert ann.patch(url, {"title": "y"}).data["due_at"] == note["due_at"]
    assert ann.patch(url, {"due_at": None}).data["due_at"] is None


def test_a_viewer_may_read_but_not_write(world: World, ann: Person, bob: Person) -> None:
    note = ann.post("/api/v1/notes", {"title": "x"}).data
    world.join(ann.workspace_id, bob, "viewer")
    assert bob.get(f"/api/v1/notes/{note['id']}").status == 200
    assert bob.patch(f"/api/v1/notes/{note['id']}", {"title": "y"}).error["code"] == "FORBIDDEN"


def test_what_is_in_the_trash_is_gone(ann: Person) -> None:
    note = ann.post("/api/v1/notes", {"title": "x"}).data
    url = f"/api/v1/notes/{note['id']}"
    assert ann.delete(url).json["message"]
    assert ann.get(url).status == 404
    assert ann.delete(url).status == 404


def test_the_ledger_row_is_written_with_the_change(world: World, ann: Person) -> None:
    from pronaflow_kernel.events.models import EventRow
    from pronaflow_kernel.persistence.scope import Scope

    note = ann.post("/api/v1/notes", {"title": "x"}).data
    ann.patch(f"/api/v1/notes/{note['id']}", {"title": "y"})
    with world.kernel.db.read(Scope.system(ann.workspace_id)) as reader:
        rows = reader.all(
            select(EventRow.__table__)
            .where(EventRow.workspace_id == ann.workspace_id, EventRow.aggregate_id == note["id"])
            .order_by(EventRow.seq)
        )
    assert [row["type"] for row in rows] == ["note.created", "note.updated"]
    assert rows[1]["changes"] == {"title": {"old": "x", "new": "y"}}
    assert {row["user_id"] for row in rows} == {ann.id}


def test_unknown_addresses_and_methods_use_the_envelope(ann: Person) -> None:
    for reply, status, code in (
        (ann.get("/api/v1/nothing"), 404, "NOT_FOUND"),
        (ann.get("/api/v1/notes/not-an-id"), 404, "NOT_FOUND"),
        (ann.put("/api/v1/notes", {}), 405, "METHOD_NOT_ALLOWED"),
    ):
        assert (reply.status, reply.error["code"]) == (status, code)
        assert reply.json["success"] is False and reply.json["timestamp"].endswith("Z")
        assert reply.headers["X-Request-Id"]


def test_a_switched_off_plugin_is_gone_and_comes_back(world: World, ann: Person) -> None:
    world.kernel.switches.set("notes", False)
    try:
        reply = ann.get("/api/v1/notes")
        assert (reply.status, reply.error["code"]) == (404, "PLUGIN_DISABLED")
        assert "/api/v1/notes" not in ann.get("/openapi.json").json["paths"]
        assert ann.get("/health").json["plugins"]["notes"] == "disabled"
    finally:
        world.kernel.switches.set("notes", True)
    assert ann.get("/api/v1/notes").status == 200
    assert "/api/v1/notes" in ann.get("/openapi.json").json["paths"]


def test_the_openapi_document_is_valid(ann: Person) -> None:
    from openapi_spec_validator import validate

    document = ann.get("/openapi.json").json
    validate(document)
    operations = [op for item in document["paths"].values() for op in item.values() if "operationId" in op]
    ids = [op["operationId"] for op in operations]
    assert len(ids) == len(set(ids)) and "notes_create_note" in ids


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (lambda uow: uow.insert(Note, {"title": None}), 500, "INTERNAL_ERROR"),
        (
            lambda uow: uow.insert_many(Note, [{"id": new, "title": "x"} for new in [new_id()] * 2]),
            409,
            "CONFLICT",
        ),
        (lambda uow: uow.all(select(Note.__table__)), 500, "INTERNAL_ERROR"),
        (lambda uow: 1 / 0, 500, "INTERNAL_ERROR"),
    ],
    ids=["a defect in the database", "a lost race", "a broken tenant rule", "anything"],
)
def test_a_defect_is_logged_and_shows_nothing_of_its_inside(
    ann: Person,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fault: Any,
    status: int,
    code: str,
) -> None:
    monkeypatch.setattr(UnitOfWork, "finish", lambda uow: fault(uow))
    reply = ann.post("/api/v1/notes", {"title": "x"})
    assert (reply.status, reply.error["code"]) == (status, code)
    assert "notes__note" not in reply.body.decode()
    assert bool(caplog.records) == (status == 500)


def test_a_body_cannot_cost_more_than_its_size(ann: Person) -> None:
    wide = b'{"' + b"k" * 100_000 + b'": [' + b",".join([b"0"] * 5_000) + b"]}"
    reply = ann.request("POST", "/api/v1/notes", data=wide)
    assert reply.status == 422 and len(reply.body) < 2_000
    many = b"{" + b",".join(b'"k%d":0' % number for number in range(20_000)) + b"}"
    reply = ann.request("POST", "/api/v1/notes", data=many)
    assert reply.status == 422 and len(reply.error["details"]["errors"]) == 100


def test_a_query_is_refused_where_nothing_reads_it(ann: Person) -> None:
    url = f"/api/v1/notes/{ann.post('/api/v1/notes', {'title': 'x'}).data['id']}"
    assert ann.get(url, nonsense=1).faults == {"nonsense"}
    assert ann.get(url, workspace_id=ann.workspace_id).status == 200


def test_forged_cursors_are_refused(ann: Person) -> None:
    for number in range(3):
        ann.post("/api/v1/notes", {"title": f"Note {number}"})
    good = ann.get("/api/v1/notes", page_size=1).json["pagination"]["next_cursor"]
    sort, descending, value, row_id = json.loads(base64.urlsafe_b64decode(good + "=="))
    for data in (
        [sort, descending, value, "x"],
        [sort, descending, value, 7],
        [sort, descending, "2026-01-01T00:00:00", row_id],
        [sort, descending, "0001-01-01T00:00:00+14:00", row_id],
        [sort, descending, 2**70, row_id],
        ["title", descending, "a\x00", row_id],
        ["nonsense", descending, value, row_id],
        [sort, not descending, value, row_id],
        [],
        7,
    ):
        forged = base64.urlsafe_b64encode(json.dumps(data).encode()).decode()
        query = {"sort_by": data[0]} if isinstance(data, list) and data[:1] == ["title"] else {}
        reply = ann.get("/api/v1/notes", cursor=forged, **query)
        assert reply.status == 400, data


@pytest.mark.parametrize(
    "answer",
    [[1], {"x": object()}, {"unknown": 1}, NotFound("gone")],
    ids=["no mapping", "no JSON", "an unknown record", "a refusal"],
)
def test_a_plugin_that_extends_badly_is_left_out(
    world: World, ann: Person, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    class Extender(Plugin):
        @hookimpl
        def extend_payload(self, reader: Any, resource: str, rows: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

    hooks = Hooks(world.kernel.guard)
    hooks.register("extender", Extender())
    monkeypatch.setattr(world.kernel, "hooks", hooks)
    made = ann.post("/api/v1/notes", {"title": "x"})
    assert made.status == 201 and "ext" not in made.data
    assert ann.get(f"/api/v1/notes/{made.data['id']}").data == made.data


def test_a_route_of_the_kernel_without_a_permission_that_exists_refuses_the_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(world.kernel.access.permissions, "account.read")  # type: ignore[arg-type]
    with pytest.raises(StartRefused, match=r"route auth\.me demands 'account\.read', which nobody provides"):
        create_app(world.kernel)
