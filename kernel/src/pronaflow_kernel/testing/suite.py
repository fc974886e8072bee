"""What every resource owes its callers, tested once for all of them.

A test class names its resource and inherits the rest:

    class TestTasks(ResourceSuite):
        path = "/api/v1/tasks"
        def body(self, owner): return {"project_id": ..., "title": "One"}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from ..ids import new_id
from .people import Person, Reply
from .world import World


class ResourceSuite:
    """Permission, isolation, bad input, merge PATCH, ETags, paging and budgets of one resource.

    Class attributes:
        path: of the collection.
        patch: a body that changes something.
        budgets: most data statements of a list, a get and a create (architecture.md 5).
        list_query: further query of the list, e.g. to narrow it to what the test made.
    """

    path: ClassVar[str]
    patch: ClassVar[dict[str, Any]]
    budgets: ClassVar[dict[str, int]] = {"list": 6, "get": 4, "create": 12}
    pytestmark: ClassVar[list[Any]] = []

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        """A body that creates a record of `owner`; `number` makes it differ from its siblings."""
        raise NotImplementedError

    def list_query(self, owner: Person) -> dict[str, Any]:
        """Query of the list that holds what `body` makes."""
        return {"workspace_id": owner.workspace_id}

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        """A record of ann's."""
        return ann.post(self.path, self.body(ann)).data

    def url(self, record: Any) -> str:
        """Path of a record."""
        return f"{self.path}/{record['id']}"

    def test_what_was_created_can_be_read(self, ann: Person, record: Any) -> None:
        assert ann.get(self.url(record)).data["id"] == record["id"]

    def test_nobody_without_a_token_gets_in(self, world: World, record: Any) -> None:
        nobody = world.anonymous()
        for method, path in (("GET", self.url(record)), ("GET", self.path), ("POST", self.path)):
            reply = nobody.request(method, path)
            assert (reply.status, reply.error["code"]) == (401, "UNAUTHORIZED")

    def test_a_stranger_cannot_tell_it_from_nothing(self, bob: Person, record: Any) -> None:
        missing = {"id": new_id()}
        for method, body in (("GET", None), ("PATCH", self.patch), ("DELETE", None)):
            theirs = bob.request(method, self.url(record), body)
            nothing = bob.request(method, self.url(missing), body)
            assert theirs.status == nothing.status == 404
            assert theirs.error["code"] == nothing.error["code"]
            shown = theirs.error["message"].replace(record["id"], "")
            assert shown == nothing.error["message"].replace(missing["id"], "")

    def test_a_stranger_does_not_see_it_in_the_list(self, bob: Person, record: Any) -> None:
        assert record["id"] not in [row["id"] for row in bob.get(self.path).data]

    def test_every_unknown_field_is_named(self, ann: Person) -> None:
        reply = ann.post(self.path, {**self.body(ann), "nonsense": 1, "version": 7})
        assert {"nonsense", "version"} <= reply.faults

    def test_bad_bodies_are_refused_in_words(self, ann: Person) -> None:
        assert ann.request("POST", self.path, data=b'{"a": ').status == 400
        assert ann.request("POST", self.path, data=b'{"a": NaN}').status == 400
        assert ann.request("POST", self.path, data=b'{"a": 1, "a": 2}').status == 400
        assert ann.request("POST", self.path, data=b"[" * 100 + b"]" * 100).status == 400
        assert ann.request("POST", self.path, data=b"\xff\xfe").status == 400
        assert ann.request("POST", self.path, data=b'"text"').status == 422
        plain = ann.request("POST", self.path, data=b"{}", headers={"Content-Type": "text/plain"})
        assert plain.status == 415
        assert ann.request("POST", self.path, data=b" " * (8 * 1024 * 1024 + 1)).status == 413
        for text in (b"\\u0000", b"\\ud800"):
            fields = [key.encode() for key, value in self.body(ann).items() if isinstance(value, str)]
            raw = b"{" + b",".join(b'"' + key + b'":"' + text + b'"' for key in fields) + b"}"
            assert ann.request("POST", self.path, data=raw).status == 422

    def test_an_empty_patch_changes_nothing(self, world: World, ann: Person, record: Any) -> None:
        before = ann.get(self.url(record)).data
        with world.statements() as seen:
            assert ann.patch(self.url(record), {}).data["updated_at"] == before["updated_at"]
        assert not [statement for statement in seen if statement.startswith(("UPDATE", "INSERT"))]

    def test_a_patch_shows_in_the_next_read(self, ann: Person, record: Any) -> None:
        assert ann.patch(self.url(record), self.patch).status == 200
        after = ann.get(self.url(record)).data
        assert {key: after[key] for key in self.patch} == self.patch

    def test_who_has_seen_it_is_not_sent_it_again(self, ann: Person, record: Any) -> None:
        first = ann.get(self.url(record))
        seen = {"If-None-Match": first.headers["ETag"]}
        again = ann.request("GET", self.url(record), headers=seen)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
        ann.patch(self.url(record), self.patch)
        changed = ann.request("GET", self.url(record), headers=seen)
        assert changed.status == 200 and changed.headers["ETag"] != first.headers["ETag"]

    def test_a_write_that_is_late_is_refused(self, ann: Person, record: Any) -> None:
        late = {"If-Match": ann.get(self.url(record)).headers["ETag"]}
        ann.patch(self.url(record), self.patch)
        now = ann.get(self.url(record))
        for method, body in (("PATCH", self.patch), ("PATCH", {}), ("DELETE", None)):
            reply = ann.request(method, self.url(record), body, headers=late)
            assert (reply.status, reply.error["code"]) == (412, "PRECONDITION_FAILED"), (method, body)
        assert ann.get(self.url(record)).body == now.body
        bad = {"If-Match": "no quotes"}
        assert ann.request("PATCH", self.url(record), self.patch, headers=bad).status == 400
        for known in ("*", now.headers["ETag"]):
            reply = ann.request("PATCH", self.url(record), self.patch, headers={"If-Match": known})
            assert reply.status == 200
        assert ann.request("DELETE", self.url(record), headers={"If-Match": "*"}).status < 300

    def test_pages_and_cursors_lose_and_double_nothing(self, ann: Person) -> None:
        made = {ann.post(self.path, self.body(ann, n)).data["id"] for n in range(2, 9)}
        query = {**self.list_query(ann), "page_size": 3}
        paged = self.walk_by_page(ann, query)
        by_cursor = self.walk_by_cursor(ann, query)
        assert len(paged) == len(set(paged))
        assert made <= set(paged)
        assert by_cursor == paged

    def walk_by_page(self, person: Person, query: dict[str, Any]) -> list[str]:
        """Ids of all pages, in order."""
        ids: list[str] = []
        page = 1
        while True:
            reply = person.get(self.path, **query, page=page)
            ids += [row["id"] for row in reply.data]
            if not reply.json["pagination"]["has_next"]:
                assert reply.json["pagination"]["total"] == len(ids)
                return ids
            page += 1

    def walk_by_cursor(self, person: Person, query: dict[str, Any]) -> list[str]:
        """Ids of the whole walk, in order."""
        ids: list[str] = []
        cursor: str | None = None
        while True:
            following = {} if cursor is None else {"cursor": cursor}
            reply = person.get(self.path, **query, **following)
            ids += [row["id"] for row in reply.data]
            cursor = reply.json["pagination"]["next_cursor"]
            if cursor is None:
                return ids

    def test_bad_paging_is_refused(self, ann: Person) -> None:
        assert ann.get(self.path, page_size=101).faults == {"page_size"}
        assert ann.get(self.path, page=0).faults == {"page"}
        assert ann.get(self.path, nonsense=1).faults == {"nonsense"}
        assert ann.get(self.path, cursor="x").status == 400
        assert ann.get(self.path, sort_by="nonsense").faults == {"sort_by"}

    def test_statement_budgets(self, world: World, ann: Person, record: Any) -> None:
        assert ann.get(self.path, **self.list_query(ann)).status == 200
        counts: dict[str, int] = {}
        calls: dict[str, Callable[[], Reply]] = {
            "list": lambda: ann.get(self.path, **self.list_query(ann)),
            "get": lambda: ann.get(self.url(record)),
            "create": lambda: ann.post(self.path, self.body(ann, 99)),
        }
        for name, call in calls.items():
            with world.statements() as seen:
                assert call().status < 300
            counts[name] = len(seen)
        over = {name: n for name, n in counts.items() if n > self.budgets[name]}
        assert not over, f"over the budget: {over}"
