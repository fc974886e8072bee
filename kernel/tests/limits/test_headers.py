"""Every answer tells where its caller stands (first seed, "Rate Limiting Headers")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.testing import Person, Reply, World
from pronaflow_kernel.web.limits.rate import HEADERS, RateLimit

NOTES = "/api/v1/notes"
ME = "/api/v1/auth/me"


def note(person: Person) -> Reply:
    return person.post(NOTES, {"title": "x"})


def known(person: Person) -> Reply:
    made = note(person)
    address, tag = f"{NOTES}/{made.data['id']}", {"If-None-Match": ""}
    tag["If-None-Match"] = person.get(address).headers["ETag"]
    return person.request("GET", address, headers=tag)


def stale(person: Person) -> Reply:
    made = note(person)
    address = f"{NOTES}/{made.data['id']}"
    return person.request("PATCH", address, {"title": "y"}, headers={"If-Match": '"7-12345678"'})


def used_up(person: Person) -> Reply:
    for _ in range(100):
        person.get("/nothing")
    return person.get(NOTES)


ANSWERS: dict[str, tuple[int, Callable[[Person], Reply]]] = {
    "a list": (200, lambda ann: ann.get(NOTES)),
    "a new record": (201, note),
    "nothing new": (304, known),
    "no JSON": (400, lambda ann: ann.request("POST", NOTES, data=b"{")),
    "nobody": (401, lambda ann: Person(ann.client).get(ME)),
    "no record": (404, lambda ann: ann.get(f"{NOTES}/00000000-0000-7000-8000-000000000000")),
    "no address": (404, lambda ann: ann.get("/nothing")),
    "no method": (405, lambda ann: ann.put(NOTES, {})),
    "another version": (412, stale),
    "a large body": (413, lambda ann: ann.request("POST", NOTES, data=b" " * 2**21)),
    "no JSON type": (
        415,
        lambda ann: ann.request("POST", NOTES, data=b"x", headers={"Content-Type": "text/plain"}),
    ),
    "wrong input": (422, lambda ann: ann.post(NOTES, {})),
    "long headers": (431, lambda ann: ann.request("GET", NOTES, headers={"X-Long": "x" * 20_000})),
    "too many": (429, used_up),
    "a defect": (500, lambda ann: ann.get("/gate/fall")),
    "a public route": (200, lambda ann: ann.get("/gate/open")),
    "the documents": (200, lambda ann: ann.get("/docs")),
    "the document": (200, lambda ann: ann.get("/openapi.json")),
    "health": (200, lambda ann: ann.get("/health")),
    "a file": (200, lambda ann: ann.get("/static/setup.js")),
    "methods": (200, lambda ann: ann.request("OPTIONS", NOTES)),
    "a head": (200, lambda ann: ann.request("HEAD", NOTES)),
}


@pytest.mark.parametrize(("status", "ask"), ANSWERS.values(), ids=ANSWERS)
def test_all_four_are_there(counting: World, home: Any, status: int, ask: Callable[[Person], Reply]) -> None:
    answer = ask(home(counting.person()))
    assert answer.status == status
    told = {name: answer.headers.getlist(name) for name in HEADERS}
    assert {name: len(values) for name, values in told.items()} == dict.fromkeys(HEADERS, 1)
    limit, left, reset, tier = (values[0] for values in told.values())
    assert (int(limit), tier) in ((100, "default"), (30, "public"))
    assert 0 <= int(left) <= int(limit)
    assert 0 < int(reset) - counting.clock.now().timestamp() <= 61
    assert ("Retry-After" in answer.headers) == (status == 429)


def test_they_outlive_a_plugins_shape_of_errors(stranger: Person) -> None:
    for _ in range(30):
        stranger.get("/gate/open")
    refused = stranger.get("/gate/open")
    assert refused.headers["Content-Type"].startswith("text/plain")
    assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert refused.headers["Retry-After"] == "61"


def test_they_are_documented_with_every_answer(counting: World, home: Any) -> None:
    document = home(counting.person()).get("/openapi.json").json
    components = document["components"]
    assert components["headers"].keys() >= HEADERS.keys()
    found = 0
    for item in document["paths"].values():
        for operation in (each for each in item.values() if "responses" in each):
            for code, response in operation["responses"].items():
                if "$ref" in response:
                    response = components["responses"][response["$ref"].rpartition("/")[2]]
                assert response["headers"].keys() >= HEADERS.keys(), (operation["operationId"], code)
                assert ("Retry-After" in response["headers"]) == (code in ("429", "503"))
                found += 1
            assert {"401", "404", "429", "503"} <= operation["responses"].keys()
    assert found > 50


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"per_minute": 0}, "per_minute must be a whole number from 1 to 1,000,000, not 0"),
        ({"per_minute": True}, "per_minute must be"),
        ({"per_minute": 2.5}, "per_minute must be"),
        ({"tier": ""}, "tier must be 1 to 32 small letters"),
        ({"tier": "Pro"}, "tier must be"),
        ({"tier": "pro\r\nSet-Cookie: a=b"}, "tier must be"),
        ({"tier": None}, "tier must be"),
        ({"bucket": ""}, "bucket must be 1 to 200 printable ASCII"),
        ({"bucket": "all of them"}, "bucket must be"),
        ({"bucket": "x" * 201}, "bucket must be"),
    ],
)
def test_a_limit_that_is_none_is_refused_in_words(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RateLimit(**{"per_minute": 60, "tier": "pro", "bucket": "workspace:1", **changes})
