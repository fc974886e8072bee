"""What everything that takes a PATCH owes its callers; `ResourceSuite` tests it of every resource."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from .people import Person
from .world import World


class PatchSuite:
    """Merge PATCH (RFC 7396), and where the record has a version, ETags and If-Match.

    A test class names the record and inherits the rest:

        class TestProfile(PatchSuite):
            patch = {"job_title": "Cook"}
            clears = {"job_title": "Cook"}
            versioned = False
            def url(self, record): return "/api/v1/auth/me"

    Class attributes:
        patch: a body that changes something.
        clears: values that can be set, and that `null` takes back.
        versioned: whether the record carries an ETag.
    """

    patch: ClassVar[dict[str, Any]]
    clears: ClassVar[dict[str, Any]] = {}
    versioned: ClassVar[bool] = True
    pytestmark: ClassVar[list[Any]] = []

    @pytest.fixture
    def record(self, ann: Person) -> Any:
        """A record of ann's."""
        raise NotImplementedError

    def url(self, record: Any) -> str:
        """Path of a record."""
        raise NotImplementedError

    def values(self, shown: Any) -> Any:
        """Where a shown record has the values that a PATCH names."""
        return shown

    def test_an_empty_patch_changes_nothing(self, world: World, ann: Person, record: Any) -> None:
        before = ann.get(self.url(record))
        with world.statements() as seen:
            after = ann.patch(self.url(record), {})
        assert after.data == before.data
        assert after.headers.get("ETag") == before.headers.get("ETag")
        assert not [statement for statement in seen if statement.startswith(("UPDATE", "INSERT", "DELETE"))]

    def test_a_patch_shows_in_the_next_read(self, ann: Person, record: Any) -> None:
        assert ann.patch(self.url(record), self.patch).status == 200
        after = self.values(ann.get(self.url(record)).data)
        assert {key: after[key] for key in self.patch} == self.patch

    def test_a_patch_of_what_is_so_already_changes_nothing(self, ann: Person, record: Any) -> None:
        first = ann.patch(self.url(record), self.patch)
        again = ann.patch(self.url(record), self.patch)
        assert (again.data, again.headers.get("ETag")) == (first.data, first.headers.get("ETag"))

    def test_null_clears_and_what_is_not_named_stays(self, ann: Person, record: Any) -> None:
        empty = self.values(ann.patch(self.url(record), dict.fromkeys(self.clears)).data)
        for key, value in self.clears.items():
            assert ann.patch(self.url(record), {key: value}).status == 200
            others = {name: empty[name] for name in self.clears if name != key}
            filled = self.values(ann.get(self.url(record)).data)
            assert filled[key] != empty[key] and {name: filled[name] for name in others} == others
            assert self.values(ann.patch(self.url(record), {key: None}).data)[key] == empty[key]

    def test_a_patch_may_call_itself_a_merge_patch(self, ann: Person, record: Any) -> None:
        kind = {"Content-Type": "application/merge-patch+json"}
        assert ann.request("PATCH", self.url(record), data=b"{}", headers=kind).status == 200
        assert ann.request("PATCH", self.url(record), data=b"[]", headers=kind).status == 422

    def test_who_has_seen_it_is_not_sent_it_again(self, ann: Person, record: Any) -> None:
        first = ann.get(self.url(record))
        assert ("ETag" in first.headers) == self.versioned
        if self.versioned:
            seen = {"If-None-Match": first.headers["ETag"]}
            again = ann.request("GET", self.url(record), headers=seen)
            assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
            ann.patch(self.url(record), self.patch)
            changed = ann.request("GET", self.url(record), headers=seen)
            assert changed.status == 200 and changed.headers["ETag"] != first.headers["ETag"]
