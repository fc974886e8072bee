"""Rows to JSON without marshmallow's cost, with the marshmallow schema as the only source.

Dumping 20 rows of 16 fields through marshmallow takes 330 us, through a projection compiled from the same
schema 15 (contrib/benchmarks/projection.py); a test compares both for every schema of every plugin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson
from marshmallow import Schema, fields

from .fields import Timestamp

_AS_IS = (
    fields.String,
    fields.Boolean,
    fields.Integer,
    fields.Float,
    fields.Date,
    fields.Raw,
    fields.Dict,
    Timestamp,
)
"""Fields whose stored value orjson writes as marshmallow would."""

Projection = Callable[[Mapping[str, Any]], dict[str, Any]]


@cache
def projection(schema: type[Schema]) -> Projection:
    """A function from a row to what the schema shows of it.

    Raises:
        TypeError: the schema has a field that a projection does not understand.
    """
    plain: list[tuple[str, str]] = []
    nested: list[tuple[str, str, Projection, bool]] = []
    for name, field in schema().dump_fields.items():
        key, source = field.data_key or name, field.attribute or name
        if isinstance(field, fields.Nested):
            nested.append((key, source, projection(type(field.schema)), bool(field.many)))
        elif isinstance(field, fields.List) and isinstance(field.inner, fields.Nested):
            nested.append((key, source, projection(type(field.inner.schema)), True))
        elif isinstance(field, (*_AS_IS, fields.List)) and not isinstance(field, fields.Decimal):
            plain.append((key, source))
        else:
            raise TypeError(f"{schema.__name__}.{name}: no projection for {type(field).__name__}")
    return _compile(plain, nested)


def _compile(plain: list[tuple[str, str]], nested: list[tuple[str, str, Projection, bool]]) -> Projection:
    if not nested:
        return lambda row: {key: row[source] for key, source in plain}

    def project(row: Mapping[str, Any]) -> dict[str, Any]:
        shown = {key: row[source] for key, source in plain}
        for key, source, inner, many in nested:
            value = row[source]
            if value is None:
                shown[key] = None
            else:
                shown[key] = [inner(item) for item in value] if many else inner(value)
        return shown

    return project


def dumps(value: Any) -> bytes:
    """JSON as the API writes it: UTC times end in `Z`."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
