"""ETags: who has seen a record is not sent it again, and who changes it blindly is refused (RFC 9110)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, Request
from notes_plugin.plugin import Note
from werkzeug.test import EnvironBuilder

from pronaflow_kernel.errors import InvalidRequest, PreconditionFailed
from pronaflow_kernel.persistence.scope import Scope
from pronaflow_kernel.testing import Person, World
from pronaflow_kernel.web.answers import render
from pronaflow_kernel.web.preconditions import tags

NOTES = "/api/v1/notes"


@pytest.fixture
def note(ann: Person) -> Any:
    return ann.post(NOTES, {"title": "0"}).data


def url(note: Any) -> str:
    return f"{NOTES}/{note['id']}"


def carrying(headers: dict[str, str]) -> Request:
    return Request(EnvironBuilder(headers=headers).get_environ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("*", None),
        ('"a"', [(False, '"a"')]),
        ('W/"a", "b,c" ,\t"*"', [(True, '"a"'), (False, '"b,c"'), (False, '"*"')]),
        (', ,"a",', [(False, '"a"')]),
        ('""', [(False, '""')]),
    ],
)
def test_a_list_of_tags_is_read_as_the_standard_says(text: str, found: Any) -> None:
    assert tags(carrying({"If-Match": text}), "If-Match") == found
    assert tags(carrying({}), "If-Match") == []


@pytest.mark.parametrize("text", ["", ",", "a", '"a', 'a"', '"a" "b"', '*, "a"', 'w/"a"', '"a b"', '"a", *'])
def test_what_is_no_list_of_tags_is_refused_in_words(ann: Person, note: Any, text: str) -> None:
    with pytest.raises(InvalidRequest, match="in quotes"):
        tags(carrying({"If-Match": text}), "If-Match")
    assert ann.request("GET", url(note), headers={"If-None-Match": text}).status == 400
    assert ann.request("DELETE", url(note), headers={"If-Match": text}).status == 400


def test_long_headers_are_read_in_time() -> None:
    with pytest.raises(InvalidRequest):
        tags(carrying({"If-Match": '"a",' + " ," * 8_000 + "x"}), "If-Match")


def test_a_created_and_a_changed_record_carry_the_tag_of_a_read(ann: Person) -> None:
    made = ann.post(NOTES, {"title": "x"})
    assert made.headers["ETag"] == ann.get(url(made.data)).headers["ETag"]
    changed = ann.patch(url(made.data), {"title": "y"})
    assert changed.headers["ETag"] == ann.get(url(made.data)).headers["ETag"] != made.headers["ETag"]
    assert "ETag" not in ann.get(NOTES).headers
    assert "ETag" not in ann.delete(url(made.data)).headers


def test_what_plugins_add_changes_the_tag_but_not_the_version(world: World) -> None:
    row = {"id": "x", "version": 7}
    with world.app.test_request_context():
        plain, counted, again = (
            render({**row, **ext}, 200, None, "note").headers["ETag"]
            for ext in ({}, {"ext": {"votes": 1}}, {})
        )
    assert plain == again != counted
    assert plain.startswith('"7-') and counted.startswith('"7-')


def test_a_weak_tag_answers_a_read_and_never_a_write(ann: Person, note: Any) -> None:
    weak = f"W/{ann.get(url(note)).headers['ETag']}"
    assert ann.request("GET", url(note), headers={"If-None-Match": f'"x", {weak}'}).status == 304
    assert ann.request("GET", url(note), headers={"If-None-Match": "*"}).status == 304
    assert ann.request("HEAD", url(note), headers={"If-None-Match": weak}).status == 304
    assert ann.request("PATCH", url(note), {"title": "y"}, headers={"If-Match": weak}).status == 412


def test_foreign_tags_match_nothing(ann: Person, note: Any) -> None:
    for tag in ('"1"', '"x"', '""', f'"{"9" * 5000}-00000000"', '"1-00000000 "'.replace(" ", "!")):
        assert ann.request("DELETE", url(note), headers={"If-Match": tag}).status == 412, tag
    several = f'"x", {ann.get(url(note)).headers["ETag"]}'
    assert ann.request("DELETE", url(note), headers={"If-Match": several}).status == 200


def test_a_list_has_no_version_that_could_match(ann: Person) -> None:
    reply = ann.request("POST", NOTES, {"title": "x"}, headers={"If-Match": '"1-00000000"'})
    assert (reply.status, "none" in reply.error["message"]) == (412, True)
    assert ann.request("POST", NOTES, {"title": "x"}, headers={"If-Match": "*"}).status == 201


def test_other_refusals_come_first(ann: Person, bob: Person, note: Any) -> None:
    late = {"If-Match": '"9-00000000"'}
    assert bob.request("PATCH", url(note), {"title": "y"}, headers=late).status == 404
    assert ann.request("PATCH", url(note), {"title": ""}, headers=late).status == 422


@pytest.fixture
def scope(ann: Person) -> Scope:
    return Scope.system(ann.workspace_id)


def test_a_record_that_the_work_does_not_touch_is_held_to_it_too(
    world: World, scope: Scope, note: Any
) -> None:
    with pytest.raises(PreconditionFailed, match="version 1"), world.kernel.db.write(scope) as uow:
        uow.expect(Note, note["id"], frozenset({2}))
    with world.kernel.db.write(scope) as uow:
        uow.expect(Note, note["id"], frozenset({1}))


def test_work_may_change_the_record_twice(world: World, scope: Scope, note: Any) -> None:
    with world.kernel.db.write(scope) as uow:
        uow.expect(Note, note["id"], frozenset({1}))
        row = uow.update(Note, uow.get(Note, note["id"]), {"title": "y"}).row
        assert uow.update(Note, row, {"title": "z"}).row["version"] == 3


def test_other_records_are_not_meant(world: World, scope: Scope, note: Any) -> None:
    with world.kernel.db.write(scope) as uow:
        uow.expect(Note, note["id"], frozenset({1}))
        other = uow.update(Note, uow.insert(Note, {"title": "a"}), {"title": "b"}).row
        uow.remove(Note, uow.update(Note, other, {"title": "c"}).row)


def test_what_a_savepoint_undid_counts_as_not_compared(world: World, scope: Scope, note: Any) -> None:
    with pytest.raises(PreconditionFailed), world.kernel.db.write(scope) as uow:
        uow.expect(Note, note["id"], frozenset({1}))
        with pytest.raises(RuntimeError), uow.savepoint():
            uow.update(Note, uow.get(Note, note["id"]), {"title": "y"})
            raise RuntimeError
        uow.update(Note, {**uow.get(Note, note["id"]), "version": 2}, {"title": "z"})


def add_one(person: Person, address: str) -> int:
    """Read, add one, write, until nobody was faster; the number of tries."""
    for tries in range(1, 1_000):
        read = person.get(address)
        body = {"title": str(int(read.data["title"]) + 1)}
        reply = person.request("PATCH", address, body, headers={"If-Match": read.headers["ETag"]})
        if reply.status == 200:
            return tries
        assert reply.status in (409, 412), reply
    raise AssertionError("never came through")


def test_no_update_is_lost(world: World, ann: Person, note: Any) -> None:
    def clients() -> Iterator[Person]:
        for _ in range(4):
            yield replace(ann, client=Flask.test_client(world.app))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda person: [add_one(person, url(note)) for _ in range(5)], clients()))
    after = ann.get(url(note)).data
    assert (after["title"], after["version"]) == ("20", 21)


def test_the_document_tells_of_the_headers(ann: Person) -> None:
    document = ann.get("/openapi.json").json
    one = document["paths"]["/api/v1/notes/{note_id}"]
    parameters = {method: one[method].get("parameters", []) for method in ("get", "patch", "delete")}
    assert {method: [p["$ref"] for p in found] for method, found in parameters.items()} == {
        "get": ["#/components/parameters/IfNoneMatch"],
        "patch": ["#/components/parameters/IfMatch"],
        "delete": ["#/components/parameters/IfMatch"],
    }
    assert "304" in one["get"]["responses"] and "412" in one["delete"]["responses"]
    assert "ETag" in one["get"]["responses"]["200"]["headers"]
    assert document["components"]["parameters"]["IfMatch"]["name"] == "If-Match"
    assert "412" not in document["paths"][NOTES]["post"]["responses"]
