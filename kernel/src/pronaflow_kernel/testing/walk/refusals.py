"""Whatever is sent to an operation, it is refused in words: 4xx in the documented envelope, never a 500."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from ...ids import as_id
from ..people import Reply
from .document import Operation
from .party import Party, Request
from .rows import Rows
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
"""The code that goes with a status."""

LARGEST = 8 * 1024 * 1024
"""Bytes that the most generous route accepts (architecture.md 7.13)."""

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
"""Bodies that are no JSON object of an operation, and the status of the refusal."""

MEDIA = [
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": ""},
    {"Content-Encoding": "gzip"},
]
"""Headers that say a body is no plain JSON."""

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
"""Parts of an address that name nothing."""


def objection(reply: Reply, *allowed: int) -> str | None:
    """What is wrong with a refusal; None if it is one, of an allowed status and in the seed's envelope."""
    if reply.status not in allowed:
        wanted = " or ".join(map(str, allowed))
        return f"answers {reply.status} {reply.body[:300]!r}, not {wanted}"
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


def refused(operation: Operation, reply: Reply, status: int) -> Iterator[str]:
    """What is wrong with a refusal of this status by an operation, which must document it too."""
    fault = objection(reply, status)
    if fault is not None:
        yield f"{operation.id} {fault}"
    elif status not in operation.responses:
        yield f"{operation.id} answers {status}, which is not documented"


def unnamed(reply: Reply, name: str) -> str | None:
    """Why a refusal does not name the field at fault; None if it does."""
    named = any(field == name or field.startswith(f"{name}.") for field in reply.faults)
    return None if named else f"names {reply.faults}"


class Refusals:
    """Sends what no operation accepts; each method answers with faults, one line each.

    Arguments:
        party: may do everything with what the requests name.
        operations: those to try.
    """

    def __init__(self, party: Party, operations: Collection[Operation]) -> None:
        self.party = party
        self.operations = operations
        self.valid = {each.id: party.request(each.id) for each in operations}

    @property
    def _with_body(self) -> Iterable[Operation]:
        """Those that take JSON; in a form every value is text."""
        return (each for each in self.operations if each.has_body)

    def all(self, rows: Rows) -> Iterator[str]:
        """Every fault there is; at the end the party's rows must be as before.

        Arguments:
            rows: of the server's database.
        """
        before = rows.of(self.party.workspace_id)
        for data, status in BODIES.values():
            yield from self.bodies(data, status)
        for headers in MEDIA:
            yield from self.media(headers)
        yield from self.unknown_fields()
        yield from self.wrong_values()
        for text in UNSTORABLE:
            yield from self.unstorable(text)
        yield from self.queries()
        for strange in STRANGE:
            yield from self.addresses(strange)
        for table, found in rows.of(self.party.workspace_id).items():
            if found != before[table]:
                yield f"a refused request changed rows of {table}"

    def bodies(self, data: bytes, status: int) -> Iterator[str]:
        """A body that is no JSON object."""
        for operation in self._with_body:
            yield from refused(operation, self._ask(operation, data=data), status)

    def media(self, headers: Mapping[str, str]) -> Iterator[str]:
        """Headers that say the body is no plain JSON."""
        for operation in self._with_body:
            yield from refused(operation, self._ask(operation, headers=headers), 415)

    def unknown_fields(self) -> Iterator[str]:
        """Fields that the schema has not; each must be named."""
        for operation in self._with_body:
            body = {**self.valid[operation.id]["body"], "nonsense": 1, "version": 7}
            reply = self._ask(operation, body=body)
            yield from refused(operation, reply, 422)
            if reply.status == 422 and not {"nonsense", "version"} <= reply.faults:
                yield f"{operation.id} is sent nonsense and version and names only {reply.faults}"

    def wrong_values(self) -> Iterator[str]:
        """Values in the body that the schema does not allow; the field must be named."""
        for operation in self._with_body:
            body = self.valid[operation.id]["body"]
            for name, schema in operation.body.items():
                for value in wrong(schema):
                    reply = self._ask(operation, body={**body, name: value})
                    fault = objection(reply, 422) or unnamed(reply, name)
                    if fault:
                        yield f"{operation.id} {name}={value!r:.80}: {fault}"

    def unstorable(self, text: str) -> Iterator[str]:
        """Text that no database can hold, in every field."""
        for operation in self._with_body:
            for name in operation.body:
                yield from refused(operation, self._ask(operation, body={name: text}), 422)

    def queries(self) -> Iterator[str]:
        """Query parameters that the schema does not allow; the parameter must be named."""
        for operation in (each for each in self.operations if each.query):
            query = self.valid[operation.id]["query"]
            for name, schema in {**operation.query, "nonsense": {"type": "string", "enum": []}}.items():
                for value in wrong_parameters(schema):
                    reply = self._ask(operation, query={**query, name: value})
                    # 400 where the number is one, but of no page.
                    fault = objection(reply, 400, 422)
                    fault = fault or (unnamed(reply, name) if reply.status == 422 else None)
                    if fault:
                        yield f"{operation.id} ?{name}={value!r:.80}: {fault}"

    def addresses(self, strange: str) -> Iterator[str]:
        """Addresses with a strange part, in place of each id and behind the path."""
        for operation in self.operations:
            request = self.valid[operation.id]
            paths = {operation.path.format(**request["path"]) + "/" + strange}
            paths |= {operation.path.format(**{**request["path"], key: strange}) for key in request["path"]}
            for path in sorted(paths):
                body = request["body"] if operation.has_body else None
                reply = self.party.asking(operation).request(operation.method, path, body)
                # 422 where it is the address of another operation, which misses something in the query.
                fault = objection(reply, 400, 404, 405, 422)
                if fault or "X-Injected" in reply.headers:
                    yield f"{operation.method} {path[:80]}: {fault or 'lets a header be injected'}"

    def _ask(
        self,
        operation: Operation,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to a request that is right but for what is given here."""
        request: Request = self.valid[operation.id]
        sent = json.dumps(request["body"] if body is None else body).encode() if data is None else data
        return self.party.asking(operation).request(
            operation.method,
            operation.path.format(**request["path"]),
            query=request["query"] if query is None else query,
            data=sent,
            headers=headers,
        )
