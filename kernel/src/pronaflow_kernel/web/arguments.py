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

    Of a parameter that is given more than once the first counts, unless its field is a list.
    """
    args = request.args
    check_json(args.to_dict(flat=False))
    lists = _lists(type(schema))
    return load(schema, {key: args.getlist(key) if key in lists else args[key] for key in args})


@cache
def _lists(schema: type[Schema]) -> frozenset[str]:
    found = schema().load_fields.items()
    return frozenset(field.data_key or name for name, field in found if isinstance(field, fields.List))


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
