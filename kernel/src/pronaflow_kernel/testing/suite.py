"""What every resource owes its callers, tested once for all of them.

A test class names its resource and inherits the rest:

    class TestTasks(ResourceSuite):
        path = "/api/v1/tasks"
        def body(self, owner): return {"project_id": ..., "title": "One"}
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from flask import Flask

from ..ids import new_id
from .patches import PatchSuite
from .people import Person, Reply
from .world import World


class ResourceSuite(PatchSuite):
    """Permission, isolation, bad input, merge PATCH, ETags, keys, paging and budgets of one resource.

    Class attributes, besides those of `PatchSuite`:
        path: of the collection; where it is another one for each owner, override `collection`.
        budgets: most data statements of a list, a get and a create (architecture.md 5).
    """

    path: ClassVar[str]
    budgets: ClassVar[dict[str, int]] = {"list": 6, "get": 4, "create": 12}

    def body(self, owner: Person, number: int = 1) -> dict[str, Any]:
        """A body that creates a record of `owner`; `number` makes it differ from its siblings."""
        raise NotImplementedError

    def collection(self, owner: Person) -> str:
        """Path of the collection that takes what `body` says."""
        return self.path

    def list_query(self, owner: Person) -> dict[str, Any]:
        """Query of the list that holds what `body` makes."""
        return {"workspace_id": owner.workspace_id}

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        """A record of ann's."""
        return self.make(ann).data

    def make(self, owner: Person, number: int = 1) -> Reply:
        """Create a record of `owner`."""
        return owner.post(self.collection(owner), self.body(owner, number))

    def send(self, owner: Person, body: Any, key: str) -> Reply:
        """Create with a key."""
        return owner.request("POST", self.collection(owner), body, headers={"Idempotency-Key": key})

    def url(self, record: Any) -> str:
        """Path of a record."""
        return f"{self.path}/{record['id']}"

    def test_what_was_created_can_be_read(self, ann: Person, record: Any) -> None:
        assert ann.get(self.url(record)).data["id"] == record["id"]

    def test_nobody_without_a_token_gets_in(self, world: World, ann: Person, record: Any) -> None:
        nobody, own = world.anonymous(), self.collection(ann)
        for method, path in (("GET", self.url(record)), ("GET", own), ("POST", own)):
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

    def test_a_stranger_does_not_see_it_in_the_list(self, ann: Person, bob: Person, record: Any) -> None:
        for query in ({}, self.list_query(ann)):
            reply = bob.get(self.collection(ann), **query)
            seen = [] if reply.status in (404, 422) else [row["id"] for row in reply.data]
            assert record["id"] not in seen

    def test_every_unknown_field_is_named(self, ann: Person) -> None:
        reply = ann.post(self.collection(ann), {**self.body(ann), "nonsense": 1, "version": 7})
        assert {"nonsense", "version"} <= reply.faults

    def test_bad_bodies_are_refused_in_words(self, ann: Person) -> None:
        own = self.collection(ann)
        assert ann.request("POST", own, data=b'{"a": ').status == 400
        assert ann.request("POST", own, data=b'{"a": NaN}').status == 400
        assert ann.request("POST", own, data=b'{"a": 1, "a": 2}').status == 400
        assert ann.request("POST", own, data=b"[" * 100 + b"]" * 100).status == 400
        assert ann.request("POST", own, data=b"\xff\xfe").status == 400
        assert ann.request("POST", own, data=b'"text"').status == 422
        plain = ann.request("POST", own, data=b"{}", headers={"Content-Type": "text/plain"})
        assert plain.status == 415
        assert ann.request("POST", own, data=b" " * (8 * 1024 * 1024 + 1)).status == 413
        for text in (b"\\u0000", b"\\ud800"):
            fields = [key.encode() for key, value in self.body(ann).items() if isinstance(value, str)]
            raw = b"{" + b",".join(b'"' + key + b'":"' + text + b'"' for key in fields) + b"}"
            assert ann.request("POST", own, data=raw).status == 422

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

    def test_of_many_who_saw_the_same_one_may_change_it(self, world: World, ann: Person, record: Any) -> None:
        known = {"If-Match": ann.get(self.url(record)).headers["ETag"]}

        def change(_: int) -> int:
            person = replace(ann, client=Flask.test_client(world.app))
            return person.request("PATCH", self.url(record), self.patch, headers=known).status

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(change, range(4))) == [200, 412, 412, 412]

    def test_what_is_sent_twice_with_one_key_is_made_once(self, ann: Person) -> None:
        key = new_id()
        first, again = (self.send(ann, self.body(ann, 50), key) for _ in range(2))
        assert first.status == again.status == self.make(ann, 51).status
        assert (first.body, first.headers.get("ETag")) == (again.body, again.headers.get("ETag"))
        assert ["Idempotency-Replayed" in reply.headers for reply in (first, again)] == [False, True]
        listed = ann.get(self.collection(ann), **{**self.list_query(ann), "page_size": 100})
        assert [row["id"] for row in listed.data].count(first.data["id"]) == 1
        assert self.send(ann, self.body(ann, 52), key).faults == {"Idempotency-Key"}

    def test_pages_and_cursors_lose_and_double_nothing(self, ann: Person) -> None:
        made = {self.make(ann, n).data["id"] for n in range(2, 9)}
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
            reply = person.get(self.collection(person), **query, page=page)
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
            reply = person.get(self.collection(person), **query, **following)
            ids += [row["id"] for row in reply.data]
            cursor = reply.json["pagination"]["next_cursor"]
            if cursor is None:
                return ids

    def test_bad_paging_is_refused(self, ann: Person) -> None:
        def listed(**wrong: Any) -> Reply:
            return ann.get(self.collection(ann), **{**self.list_query(ann), **wrong})

        assert listed(page_size=101).faults == {"page_size"}
        assert listed(page=0).faults == {"page"}
        assert listed(nonsense=1).faults == {"nonsense"}
        assert listed(cursor="x").status == 400
        assert listed(sort_by="nonsense").faults == {"sort_by"}

    def test_statement_budgets(self, world: World, ann: Person, record: Any) -> None:
        assert ann.get(self.collection(ann), **self.list_query(ann)).status == 200
        counts: dict[str, int] = {}
        calls: dict[str, Callable[[], Reply]] = {
            "list": lambda: ann.get(self.collection(ann), **self.list_query(ann)),
            "get": lambda: ann.get(self.url(record)),
            "create": lambda: self.make(ann, 99),
        }
        for name, call in calls.items():
            with world.statements() as seen:
                assert call().status < 300
            counts[name] = len(seen)
        over = {name: n for name, n in counts.items() if n > self.budgets[name]}
        assert not over, f"over the budget: {over}"
