"""The operations of an OpenAPI document, with their schemas written out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Arguments:
        method: in capitals; path: with `{task_id}` for what a request fills in.
        id: the operation id; plugin, permission: as the document names them.
        places: schemas by key, for each of `path`, `query` and `body`.
        has_body: whether it takes JSON; required: what that must have.
        responses: the documented status codes.
    """

    method: str
    path: str
    id: str
    plugin: str
    permission: str
    places: dict[str, dict[str, Any]]
    has_body: bool
    required: frozenset[str]
    responses: frozenset[int]

    @property
    def body(self) -> dict[str, Any]:
        """Schemas of the properties of the JSON body."""
        return self.places["body"]

    @property
    def query(self) -> dict[str, Any]:
        """Schemas of the query parameters."""
        return self.places["query"]

    @cached_property
    def ids(self) -> list[tuple[str, str]]:
        """Place and key of everything that holds an id."""
        return [
            (place, key)
            for place, schemas in self.places.items()
            for key, schema in schemas.items()
            if schema.get("format") == "uuid"
        ]


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
    if "requestBody" in spoken:
        body = written_out(document, spoken["requestBody"]["content"]["application/json"]["schema"])
    return Operation(
        method=method.upper(),
        path=path,
        id=spoken["operationId"],
        plugin=spoken["x-plugin"],
        permission=spoken["x-permission"],
        places={**places, "body": body["properties"]},
        has_body="requestBody" in spoken,
        required=frozenset(body.get("required", ())),
        responses=frozenset(int(code) for code in spoken["responses"] if code.isdigit()),
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
        return written_out(document, found)
    if {"type": "null"} in schema.get("anyOf", ()):
        [other] = [each for each in schema["anyOf"] if each != {"type": "null"}]
        other = written_out(document, other)
        return {**other, "type": [other["type"], "null"]}
    return {key: written_out(document, value) for key, value in schema.items()}


def types(schema: dict[str, Any]) -> set[str]:
    """The JSON types that a schema allows; empty where it allows any."""
    named = schema.get("type", [])
    return {named} if isinstance(named, str) else set(named)
