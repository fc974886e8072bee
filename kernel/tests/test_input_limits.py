"""Every limit of security.md 2.14 in its order: the last value that is taken, and the first that is refused.

Nothing that a caller sends may end in a 5xx. What is shown at length elsewhere stands here in short, so that
this file is the whole list.
"""

from __future__ import annotations

import ast
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from re import _constants as rc  # type: ignore[attr-defined]
from re import _parser as rp  # type: ignore[attr-defined]
from typing import Any

import pytest
from flask import Flask

import pronaflow_kernel
from pronaflow_kernel.errors import MAX_PROBLEMS, PayloadTooLarge
from pronaflow_kernel.settings import Settings
from pronaflow_kernel.testing import Person
from pronaflow_kernel.web import arguments
from pronaflow_kernel.web.body import MAX_ITEMS, check_json, read_json
from pronaflow_kernel.web.connections import Bounds
from pronaflow_kernel.web.pipeline import _body_reader

NOTES = "/api/v1/notes"
MIB = 1024 * 1024


def padded(size: int) -> bytes:
    """A note as JSON of exactly so many bytes."""
    body = b'{"title": "x"'
    return body + b" " * (size - len(body) - 1) + b"}"


def send(person: Person, raw: bytes, **headers: str) -> Any:
    return person.request("POST", NOTES, data=raw, headers={"Content-Type": "application/json", **headers})


class TestSize:
    def test_a_body_has_at_most_1_mib(self, ann: Person) -> None:
        assert send(ann, padded(MIB)).status == 201
        refused = send(ann, padded(MIB + 1))
        assert (refused.status, refused.error["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert refused.error["details"] == {"limit": MIB}

    def test_a_body_that_hides_its_length_has_no_more(self) -> None:
        with Flask(__name__).test_request_context(data=b"x" * 101, method="POST") as context:
            context.request.environ.pop("CONTENT_LENGTH")
            context.request.environ["wsgi.input_terminated"] = True
            with pytest.raises(PayloadTooLarge):
                read_json(context.request, limit=100)

    def test_a_route_may_have_a_limit_of_its_own(self, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[int] = []
        monkeypatch.setattr(
            "pronaflow_kernel.web.pipeline.read_json", lambda _request, limit, _items: read.append(limit)
        )
        for own in (None, 50 * MIB):
            route = type("Route", (), {"body_limit": own, "max_items": MAX_ITEMS})()
            with Flask(__name__).test_request_context():
                _body_reader(route, MIB)()
        assert read == [MIB, 50 * MIB]

    @pytest.mark.parametrize(
        ("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"]
    )
    def test_json_is_at_most_32_deep(self, ann: Person, opening: bytes, closing: bytes) -> None:
        def nested(depth: int) -> bytes:
            """The body is the first level, and what stands innermost the last."""
            return b'{"title": ' + opening * (depth - 2) + b"1" + closing * (depth - 2) + b"}"

        assert send(ann, nested(32)).faults == {"title"}
        for depth in (33, 1000, 100_000):
            refused = send(ann, nested(depth))
            assert (refused.status, refused.error["code"]) == (400, "INVALID_REQUEST")

    def test_an_array_has_at_most_1000_items(self, ann: Person) -> None:
        many = send(ann, json.dumps({"title": [1] * 1001}).encode())
        assert many.error["details"]["errors"] == [
            {"field": "title", "message": "At most 1000 items.", "code": "too_many"}
        ]
        assert check_json([1] * 1000) == [1] * 1000

    def test_each_text_has_a_length_of_its_own(self, ann: Person) -> None:
        assert ann.post(NOTES, {"title": "x" * 100}).status == 201
        assert ann.post(NOTES, {"title": "x" * 101}).faults == {"title"}
        assert ann.post(NOTES, {"title": "👩‍👩‍👧‍👦" * 14}).status == 201, "code points count, not bytes"

    def test_there_are_at_most_100_query_parameters(self, ann: Person) -> None:
        for address in ("&".join(f"p{i}=1" for i in range(101)), "&".join(["title=x"] * 101)):
            refused = ann.request("GET", f"{NOTES}?{address}")
            assert refused.status == 400
            assert "100 query parameters" in refused.error["message"]
        assert ann.request("GET", f"{NOTES}?" + "&".join(["title=x"] * 100)).status == 200
        assert len(ann.get(NOTES, **{f"p{i}": "1" for i in range(100)}).faults) == 100

    def test_headers_have_at_most_16_kib(self, ann: Person) -> None:
        assert ann.request("GET", NOTES, headers={"X-Long": "x" * 15_000}).status == 200
        refused = ann.request("GET", NOTES, headers={"X-Long": "x" * 16_384})
        assert (refused.status, refused.error["code"]) == (431, "HEADERS_TOO_LARGE")
        assert Bounds().header_bytes == Settings().limits.header_bytes == 16 * 1024

    def test_an_address_has_at_most_8_kib(self, ann: Person) -> None:
        room = 8192 - len(f"{NOTES}title=")
        assert ann.get(NOTES, title="x" * room).status == 200
        assert ann.get(NOTES, title="x" * (room + 1)).status == 400
        assert ann.get("/" + "x" * 8192).status == 400


class TestPages:
    def test_a_page_has_20_records_unless_asked_and_at_most_100(self, ann: Person) -> None:
        assert ann.get(NOTES).json["pagination"]["page_size"] == 20
        assert ann.get(NOTES, page_size=100).status == 200
        for wrong in (0, 101, -1, "x", 2**63, 1.5):
            assert ann.get(NOTES, page_size=wrong).faults == {"page_size"}, wrong

    def test_pages_end_at_record_10000_and_cursors_go_on(self, ann: Person) -> None:
        assert ann.get(NOTES, page=101, page_size=100).status == 200
        for page in (102, 10**6, 2**62):
            refused = ann.get(NOTES, page=page, page_size=100)
            assert refused.status == 400, page
            assert "cursor" in refused.error["message"]

    def test_at_most_1000_things_are_done_at_once(self) -> None:
        assert MAX_ITEMS == 1000


NOT_JSON = {
    "NaN": b'{"title": NaN}',
    "Infinity": b'{"title": Infinity}',
    "minus Infinity": b'{"title": -Infinity}',
    "a key twice": b'{"title": "a", "title": "b"}',
    "a key twice deep inside": b'{"title": {"a": [{"b": 1, "b": 2}]}}',
    "cut off": b'{"title": "a',
    "two documents": b"{} {}",
    "no UTF-8": b'{"title": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"title": "\xed\xa0\x80"}',
    "UTF-16": '{"title": "a"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"title": "a"}',
    "a number of 5000 digits": b'{"title": ' + b"9" * 5000 + b"}",
    "a comment": b'{"title": "a" /* x */}',
    "a control character in a text": b'{"title": "a\nb"}',
}


class TestValues:
    @pytest.mark.parametrize("raw", NOT_JSON.values(), ids=NOT_JSON)
    def test_what_is_no_strict_json_is_refused(self, ann: Person, raw: bytes) -> None:
        refused = send(ann, raw)
        assert (refused.status, refused.error["code"]) == (400, "INVALID_REQUEST")

    @pytest.mark.parametrize(
        "value",
        ['"\\u0000"', '"\\ud800"', '"\\udfff\\ud800"', str(2**63), str(-(2**63) - 1), "1e999", "-1e999"],
    )
    @pytest.mark.parametrize("place", ['{"title": %s}', '{"title": {"a": [%s]}}'], ids=["field", "deep"])
    def test_what_no_database_stores_is_refused_at_every_depth(
        self, ann: Person, value: str, place: str
    ) -> None:
        assert send(ann, (place % value).encode()).status == 422

    @pytest.mark.parametrize("key", ["\\u0000", "\\ud800", "k" * 201])
    def test_nor_may_a_key_hold_it(self, ann: Person, key: str) -> None:
        assert send(ann, f'{{"title": "x", "{key}": 1}}'.encode()).status == 422

    def test_the_largest_numbers_of_64_bits_are_read(self) -> None:
        assert check_json([2**63 - 1, -(2**63), 1e308]) == [2**63 - 1, -(2**63), 1e308]

    @pytest.mark.parametrize(
        "address",
        [
            f"{NOTES}/{{}}",
            "/{}",
            "/api/v1/{}",
            f"{NOTES}?title={{}}",
            f"{NOTES}?{{}}=1",
            f"{NOTES}?cursor={{}}",
            "/static/{}",
        ],
    )
    def test_no_address_ends_in_a_defect(self, ann: Person, address: str) -> None:
        for text in ("%00", "a%00b", "%ED%A0%80", "%FF", "%F0%9F%98%80", "%", "%zz", "+", "%0d%0aX:y"):
            reply = ann.request("GET", address.format(text))
            assert reply.status in (200, 400, 404, 422), text
            if "%00" in text and "title=" in address:
                assert reply.faults == {"title.0"}

    @pytest.mark.parametrize(
        "name",
        [
            "Accept",
            "Authorization",
            "Content-Type",
            "Cookie",
            "Host",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "Origin",
            "Range",
            "User-Agent",
            "X-Forwarded-For",
            "X-Forwarded-Proto",
            "X-Request-Id",
            "X-Workspace-Id",
        ],
    )
    def test_no_header_ends_in_a_defect(self, ann: Person, name: str) -> None:
        for value in ("", " ", "\xff\xfe", "x" * 5000, '"', "\x7f", "%00", "Bearer \xe9", "*", ","):
            for method, body in (("GET", None), ("POST", b'{"title": "x"}')):
                headers = {"Content-Type": "application/json", name: value}
                reply = ann.request(method, NOTES, data=body, headers=headers)
                assert reply.status < 500, (value, reply.json)


OWNED = (
    "id",
    "note_id",
    "version",
    "lifecycle",
    "created_at",
    "updated_at",
    "owner",
    "owner_id",
    "role",
    "tier",
    "is_verified",
    "status",
    "is_system_admin",
)
"""What the server decides; whoever sends it is told that it was not heard."""


class TestSchemas:
    def test_a_field_that_is_not_declared_is_named(self, ann: Person) -> None:
        assert ann.post(NOTES, {"title": "x", "titel": "y"}).faults == {"titel"}

    def test_faults_that_no_answer_names_cost_nothing(
        self, ann: Person, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looked_at: list[str] = []
        monkeypatch.setattr(arguments, "mask", lambda name: looked_at.append(name) or name)
        assert len(ann.post(NOTES, {f"k{n}": 1 for n in range(5000)}).faults) == MAX_PROBLEMS
        assert len(looked_at) <= MAX_PROBLEMS + 1

    @pytest.mark.parametrize("field", OWNED)
    def test_what_the_server_decides_cannot_be_sent(self, ann: Person, field: str) -> None:
        note = ann.post(NOTES, {"title": "x"}).data
        for reply in (
            ann.post(NOTES, {"title": "x", field: note.get(field, 1)}),
            ann.patch(f"{NOTES}/{note['id']}", {field: note.get(field, 1)}),
        ):
            assert reply.faults == {field}

    @pytest.mark.parametrize(
        "field",
        [
            "id",
            "email",
            "email_verified_at",
            "is_system_admin",
            "status",
            "mfa_enabled",
            "token_epoch",
            "password_hash",
        ],
    )
    def test_nobody_gives_themselves_what_the_server_decides(self, ann: Person, field: str) -> None:
        assert ann.patch("/api/v1/auth/me", {field: True}).faults == {field}

    def test_no_schema_of_a_body_takes_unknown_fields(self, ann: Person) -> None:
        schemas = ann.get("/openapi.json").json["components"]["schemas"]
        bodies = {name for name in schemas if name.endswith("In")}
        assert bodies
        assert [
            name for name in sorted(bodies) if schemas[name].get("additionalProperties") is not False
        ] == []


class TestContentType:
    @pytest.mark.parametrize(
        "kind",
        [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/json",
            "application/xml",
            "",
            "json",
            "application/jsonx",
        ],
    )
    def test_a_body_that_does_not_say_json_is_not_read(self, ann: Person, kind: str) -> None:
        refused = ann.request("POST", NOTES, data=b'{"title": "x"}', headers={"Content-Type": kind})
        assert (refused.status, refused.error["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize(
        "kind",
        [
            "application/json",
            "application/json; charset=utf-8",
            "APPLICATION/JSON",
            "application/merge-patch+json",
        ],
    )
    def test_json_by_its_names_is_read(self, ann: Person, kind: str) -> None:
        assert (
            ann.request("POST", NOTES, data=b'{"title": "x"}', headers={"Content-Type": kind}).status == 201
        )

    @pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
    def test_a_compressed_body_is_not_unpacked(self, ann: Person, coding: str) -> None:
        refused = send(ann, gzip.compress(b'{"title": "x"}'), **{"Content-Encoding": coding})
        assert refused.status == 415
        assert "Compressed" in refused.error["message"]


class TestConnections:
    def test_a_slow_client_is_given_60_seconds(self) -> None:
        """How they are held to it: `test_connections.py`."""
        assert Bounds().slow_client_seconds == Settings().server.slow_client_seconds == 60

    @pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "FOO", "PURGE"])
    @pytest.mark.parametrize("path", [NOTES, "/health", "/docs", "/api/v1/auth/me"])
    def test_other_methods_are_refused(self, ann: Person, method: str, path: str) -> None:
        reply = ann.request(method, path)
        assert (reply.status, reply.error["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert "GET" in reply.headers["Allow"]

    @pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
    def test_no_header_changes_the_method(self, ann: Person, name: str) -> None:
        note = ann.post(NOTES, {"title": "x"}).data
        ann.request("POST", NOTES, {"title": "y"}, headers={name: "DELETE"})
        assert ann.request("GET", f"{NOTES}/{note['id']}", headers={name: "DELETE"}).status == 200


class TestPatterns:
    """No regular expression comes from a caller; those of the kernel take time in proportion to the text."""

    def test_what_callers_search_for_is_text(self, ann: Person) -> None:
        ann.post(NOTES, {"title": "100% (a+)+$"})
        assert len(ann.get(NOTES, title="100% (A+)+$").data) == 1
        for pattern in ("%", "_", "100%", ".*", "(a+)+$", "1__% (a+)+$"):
            assert ann.get(NOTES, title=pattern).data == [], pattern

    def test_no_pattern_repeats_a_repetition(self) -> None:
        found = {
            pattern
            for path in Path(pronaflow_kernel.__file__).parent.rglob("*.py")
            for pattern in patterns(path)
            if nests(rp.parse(pattern))
        }
        assert found == HARMLESS

    @pytest.mark.parametrize(
        ("pattern", "bad"),
        [("(a+)+", True), ("(?:a*b?)*", True), ("(a|b+)*c", True), ("(ab){3}c*", False), ("(a+){2}", False)],
    )
    def test_that_is_found(self, pattern: str, bad: bool) -> None:
        assert nests(rp.parse(pattern)) is bad


HARMLESS = {r"(?=.{2,40}$)[a-z][a-z0-9]*(_[a-z0-9]+)*", r"\b(?:\w+\.)+(\w+)"}
"""Each repetition has a sign at its end that what repeats inside it cannot be."""


def patterns(path: Path) -> Iterator[str]:
    """The patterns that a module hands to `re` as literals."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            of_re = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
            if of_re and isinstance(first := node.args[0], ast.Constant) and isinstance(first.value, str):
                yield first.value


def nests(parsed: Any, inside: bool = False) -> bool:
    """Whether something that repeats without end repeats without end."""
    for kind, value in parsed:
        if kind in (rc.MAX_REPEAT, rc.MIN_REPEAT):
            endless = value[1] is rc.MAXREPEAT
            if (endless and inside) or nests(value[2], inside or endless):
                return True
        parts = [value[-1]] if kind is rc.SUBPATTERN else value[1] if kind is rc.BRANCH else []
        if any(nests(part, inside) for part in parts):
            return True
    return False
