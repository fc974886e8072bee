"""Whatever is sent to an operation, it is refused in words: 4xx in the documented envelope, never a 500, and
nothing has changed (issue "Bad input", security.md 2.14).

Generated from the OpenAPI document, so that a new plugin is walked by itself.
"""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from pronaflow_kernel.ids import as_id

from .supplies import Party
from .wrong import UNSTORABLE, wrong, wrong_parameters

CODES = {
    400: "INVALID_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "VALIDATION_ERROR",
}
LARGEST = 8 * 1024 * 1024
"""Bytes that the most generous route accepts (architecture.md 7.13)."""


def objection(reply, *allowed):
    """What is wrong with a refusal, or None."""
    if reply.status not in allowed:
        return f"answers {reply.status} {reply.body[:300]!r}, not {allowed}"
    body = reply.json
    well_formed = (
        reply.headers["Content-Type"] == "application/json"
        and as_id(reply.headers["X-Request-Id"])
        and body.keys() == {"success", "error", "timestamp"}
        and body["success"] is False
        and body["error"].keys() == {"code", "message", "details"}
        and body["error"]["code"] == CODES[reply.status]
        and body["error"]["message"]
        and isinstance(body["error"]["details"], dict)
        and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", body["timestamp"])
    )
    return None if well_formed else f"refuses in another form: {reply.headers} {body}"


@pytest.fixture(scope="module")
def owner(world, listed):
    """Somebody who may do everything with what the requests name."""
    party = Party(world, listed, "bad")
    for operation in listed.values():
        party.request(operation.id)
    return party


@pytest.fixture(scope="module")
def valid(owner, listed):
    """A request to each operation that is right."""
    return {name: owner.request(name) for name in listed}


@pytest.fixture
def unchanged(owner, rows):
    """After the test the owner's rows must be as before."""
    before = rows.of(owner.workspace_id)
    yield
    assert rows.of(owner.workspace_id) == before


def ask(owner, operation, request, data=None, **headers):
    """The answer to a request with another body or other headers."""
    return owner.person.request(
        operation.method,
        operation.path.format(**request["path"]),
        query=request["query"],
        data=json.dumps(request["body"]).encode() if data is None else data,
        headers=headers,
    )


BODIES = {
    "malformed": (b'{"a": ', 400),
    "not UTF-8": (b'{"a": "\xff\xfe"}', 400),
    "NaN": (b'{"a": NaN}', 400),
    "minus infinity": (b'{"a": -Infinity}', 400),
    "a key twice": (b'{"a": 1, "a": 2}', 400),
    "lists in lists": (b"[" * 10_000 + b"]" * 10_000, 400),
    "objects in objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400),
    "more digits than Python reads": (b'{"a": ' + b"9" * 5000 + b"}", 400),
    "more than 64 bits": (b'{"a": ' + b"9" * 400 + b"}", 422),
    "more than a float": (b'{"a": 1e999}', 422),
    "long lists": (b'{"a": [' + b"1," * 1000 + b"1]}", 422),
    "NUL in a key": (b'{"a\\u0000": 1}', 422),
    "half a surrogate pair in a key": (b'{"\\ud800": 1}', 422),
    "a list": (b"[]", 422),
    "text": (b'"text"', 422),
    "a number": (b"0", 422),
    "null": (b"null", 422),
    "too large": (b" " * (LARGEST + 1), 413),
}


@pytest.mark.parametrize(("data", "status"), BODIES.values(), ids=BODIES)
@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_no_json_object(owner, valid, listed, data, status):
    faults = refusals(
        (operation, ask(owner, operation, valid[operation.id], data), status)
        for operation in listed.values()
        if operation.has_body
    )
    assert faults == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": ""},
        {"Content-Encoding": "gzip"},
    ],
    ids=str,
)
@pytest.mark.usefixtures("unchanged")
def test_another_content_type(owner, valid, listed, headers):
    faults = refusals(
        (operation, ask(owner, operation, valid[operation.id], **headers), 415)
        for operation in listed.values()
        if operation.has_body
    )
    assert faults == []


@pytest.mark.usefixtures("unchanged")
def test_unknown_fields_are_named(owner, valid, listed):
    faults = []
    for operation in listed.values():
        if operation.has_body:
            request = valid[operation.id]
            body = {**request["body"], "nonsense": 1, "version": 7}
            reply = ask(owner, operation, {**request, "body": body})
            faults += refusals([(operation, reply, 422)])
            if reply.status == 422 and not {"nonsense", "version"} <= reply.faults:
                faults.append(f"{operation.id} names only {reply.faults}")
    assert faults == []


@pytest.mark.usefixtures("unchanged")
def test_values_of_the_wrong_type_are_named(owner, valid, listed):
    faults = []
    for operation in listed.values():
        request = valid[operation.id]
        for name, schema in operation.body.items():
            for value in wrong(schema):
                reply = ask(owner, operation, {**request, "body": {**request["body"], name: value}})
                fault = objection(reply, 422) or unnamed(reply, name)
                if fault:
                    faults.append(f"{operation.id} {name}={value!r:.80}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("text", UNSTORABLE, ids=ascii)
@pytest.mark.usefixtures("unchanged")
def test_text_that_no_database_can_hold(owner, valid, listed, text):
    faults = refusals(
        (operation, ask(owner, operation, {**valid[operation.id], "body": {name: text}}), 422)
        for operation in listed.values()
        for name in operation.body
    )
    assert faults == []


@pytest.mark.usefixtures("unchanged")
def test_query_parameters_of_the_wrong_type_are_named(owner, valid, listed):
    faults = []
    for operation in (each for each in listed.values() if each.query):
        request = valid[operation.id]
        for name, schema in {**operation.query, "nonsense": {"type": "string", "enum": []}}.items():
            for value in wrong_parameters(schema):
                reply = ask(owner, operation, {**request, "query": {**request["query"], name: value}})
                # 400 where the number is one, but of no page.
                fault = objection(reply, 400, 422) or (reply.status == 422 and unnamed(reply, name))
                if fault:
                    faults.append(f"{operation.id} ?{name}={value!r:.80}: {fault}")
    assert not faults, "\n".join(faults)


STRANGE = [
    "%00",
    "%FF%FE",
    "%ED%A0%80",
    "%F0%9F%92%A9",
    "..%2f..%2f",
    "%0d%0aX-Injected:%20yes",
    "x" * 9000,
    "0",
    "-1",
    quote("' OR 1=1 --"),
    "{id}",
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda text: text[:20])
@pytest.mark.usefixtures("unchanged")
def test_strange_addresses(owner, valid, listed, strange):
    faults = []
    for operation in listed.values():
        request = valid[operation.id]
        paths = {operation.path.format(**request["path"]) + "/" + strange}
        paths |= {operation.path.format(**{**request["path"], key: strange}) for key in request["path"]}
        for path in paths:
            reply = owner.person.request(
                operation.method, path, request["body"] if operation.has_body else None
            )
            if fault := objection(reply, 400, 404, 405) or "X-Injected" in reply.headers:
                faults.append(f"{operation.method} {path[:80]}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("value", ["x", "", "\xff", "0" * 9000], ids=lambda text: ascii(text[:9]))
@pytest.mark.parametrize(
    ("name", "status"), [("X-Workspace-Id", 422), ("Authorization", 401), ("X-Request-Id", 200)]
)
def test_strange_headers(owner, listed, name, status, value):
    reply = owner.person.request("GET", "/api/v1/projects", headers={name: value})
    assert reply.status == status
    assert as_id(reply.headers["X-Request-Id"])


def refusals(answers):
    """What is wrong with some refusals: operation, answer and expected status."""
    found = []
    for operation, reply, status in answers:
        fault = objection(reply, status)
        if fault is None and status not in operation.responses:
            fault = f"{status} is not documented"
        if fault is not None:
            found.append(f"{operation.id} {fault}")
    return found


def unnamed(reply, name):
    """Whether a refusal does not name the field at fault."""
    named = any(field == name or field.startswith(f"{name}.") for field in reply.faults)
    return None if named else f"names {reply.faults}"
