"""Loading a route's input: strict JSON, strict query, every fault named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from flask import Request
from marshmallow import RAISE, Schema, ValidationError, fields

from ..errors import Problem, ValidationFailed
from ..logs import mask
from .body import check_json


def load(schema: Schema, data: Any) -> Any:
    """Load data through a schema; unknown keys are faults.

    Raises:
        ValidationFailed: with every field at fault.
    """
    try:
        return schema.load(data, unknown=RAISE)
    except ValidationError as error:
        raise ValidationFailed(_problems(error.messages_dict, "")) from None


def load_query(schema: Schema, request: Request) -> Any:
    """`load` for the query of a request, which is held to the same bounds as a body.

    Of a parameter that is given more than once the first counts, unless its field is a list. `a[b]=c` is the
    key `b` of a field `a` that is an object (OpenAPI's `deepObject`).
    """
    args = request.args
    check_json(args.to_dict(flat=False))
    lists, objects = _kinds(type(schema))
    given: dict[str, Any] = {}
    for key in args:
        name, opened, inner = key.partition("[")
        if name in objects and opened and inner.endswith("]") and isinstance(given.get(name, {}), dict):
            given.setdefault(name, {})[inner[:-1]] = args[key]
        else:
            given[key] = args.getlist(key) if key in lists else args[key]
    return load(schema, given)


@cache
def _kinds(schema: type[Schema]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the parameters that are lists, and of those that are objects."""
    found = [(field.data_key or name, field) for name, field in schema().load_fields.items()]
    lists = frozenset(name for name, field in found if isinstance(field, fields.List))
    return lists, frozenset(name for name, field in found if isinstance(field, fields.Dict))


def _problems(messages: Any, path: str) -> Iterator[Problem]:
    """One after the other: an answer names so many, and of the others nothing need be done."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # A caller may have put a token where a name belongs; the answer need not repeat it.
            name = mask(str(key))
            where = path if key == "_schema" else f"{path}.{name}" if path else name
            yield from _problems(inner, where)
    else:
        for message in messages:
            yield Problem(path or "_schema", str(message), _code(str(message)))


def _code(message: str) -> str:
    if message.startswith("Missing data"):
        return "required"
    return "unknown" if message.startswith("Unknown field") else "invalid"
