"""The operations of an OpenAPI document, with their schemas written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from . import ids
from .schemas import Schemas, types

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Arguments:
        method: in capitals; path: with `{task_id}` for what a request fills in.
        id: the operation id; plugin, permission, summary: as the document names them.
        places: schemas by key, for each of `path`, `query` and `body`.
        answers_file: whether what it answers is a file, and no JSON; answers_stream: or a stream.
        file: name of the part that is a file, where it takes a form; `body` is the other parts.
        has_body: whether it takes JSON; required: what that must have.
        responses: the documented status codes; status: that of success.
        answer: schema of the whole answer to a success; empty where none is documented.
        resource: kind of record that the answer shows.
        target: where the route looks: `path`, `body`, `query`, `workspace` or `nowhere`.
        records: kind of record by the key that holds its id, as far as the route's target tells.
    """

    method: str
    path: str
    id: str
    plugin: str
    permission: str
    summary: str
    places: Mapping[str, Schemas]
    has_body: bool
    required: frozenset[str]
    responses: frozenset[int]
    answer: Mapping[str, Any] = field(default_factory=dict)
    resource: str | None = None
    target: str = "nowhere"
    records: Mapping[str, str] = field(default_factory=dict)
    file: str | None = None
    answers_file: bool = False
    answers_stream: bool = False

    @property
    def body(self) -> Schemas:
        """Schemas of the properties of the JSON body, or of the parts of a form."""
        return self.places["body"]

    @property
    def query(self) -> Schemas:
        """Schemas of the query parameters."""
        return self.places["query"]

    @property
    def status(self) -> int:
        """The status of a success."""
        return min(self.responses)

    @property
    def many(self) -> bool:
        """Whether it answers a list of records."""
        return types(self.answer.get("properties", {}).get("data", {})) == {"array"}

    def schema(self, key: str) -> Mapping[str, Any]:
        """The schema of the id under a key, wherever it stands; empty where none does."""
        found = (ids.schema_of(schemas, key) for schemas in self.places.values())
        return next((schema for schema in found if schema is not None), {})

    @cached_property
    def ids(self) -> list[tuple[str, str]]:
        """Place and key of everything that holds an id; see `ids` for keys inside of lists and objects."""
        return [(place, key) for place, schemas in self.places.items() for key in ids.keys(schemas)]

    @cached_property
    def path_ids(self) -> list[str]:
        """Keys of the ids in the path, in its order."""
        named = [part[1:-1] for part in self.path.split("/") if part.startswith("{")]
        return [key for key in named if ("path", key) in self.ids]

    def __str__(self) -> str:
        return f"{self.id} ({self.method} {self.path})"


def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation of a document, in its order."""
    return [
        _operation(document, path, item, method)
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]


def _operation(document: dict[str, Any], path: str, item: dict[str, Any], method: str) -> Operation:
    spoken = item[method]
    parameters = [
        written_out(document, p) for p in (*item.get("parameters", ()), *spoken.get("parameters", ()))
    ]
    places: dict[str, Any] = {
        place: {p["name"]: p["schema"] for p in parameters if p["in"] == place} for place in ("path", "query")
    }
    body: dict[str, Any] = {"properties": {}}
    content = spoken.get("requestBody", {}).get("content", {})
    for described in content.values():
        body = written_out(document, described["schema"])
    file = next(
        (name for name, schema in body["properties"].items() if schema.get("format") == "binary"), None
    )
    responses = frozenset(int(code) for code in spoken["responses"] if code.isdigit())
    success = written_out(document, spoken["responses"].get(str(min(responses)), {}))
    target = spoken.get("x-target", {})
    return Operation(
        method=method.upper(),
        path=path,
        id=spoken["operationId"],
        plugin=spoken["x-plugin"],
        permission=spoken["x-permission"],
        summary=spoken.get("summary", ""),
        places={**places, "body": {key: each for key, each in body["properties"].items() if key != file}},
        has_body="application/json" in content,
        required=frozenset(body.get("required", ())) - {file},
        responses=responses,
        answer=success.get("content", {}).get("application/json", {}).get("schema", {}),
        resource=spoken.get("x-resource"),
        target=target.get("in", "nowhere"),
        records=target.get("records", {}),
        file=file,
        answers_file="application/octet-stream" in success.get("content", {}),
        answers_stream="text/event-stream" in success.get("content", {}),
    )


def written_out(document: dict[str, Any], schema: Any) -> Any:
    """A schema with what it refers to in place; of `anyOf` with null, the other one."""
    if isinstance(schema, list):
        return [written_out(document, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        beside = {key: each for key, each in schema.items() if key != "$ref"}
        return {**written_out(document, found), **written_out(document, beside)}
    if {"type": "null"} in schema.get("anyOf", ()):
        [other] = [each for each in schema["anyOf"] if each != {"type": "null"}]
        other = written_out(document, other)
        return {**other, "type": [other["type"], "null"]}
    return {key: written_out(document, value) for key, value in schema.items()}
