"""Rows to JSON without marshmallow's cost, with the marshmallow schema as the only source.

20 rows of 16 fields become JSON through marshmallow in 465 us, through a projection compiled from the same
schema in 31 (contrib/benchmarks/projection.py); a test compares both for every schema of every plugin.
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
    parts: list[str] = []
    inner: list[Projection] = []
    for name, field in schema().dump_fields.items():
        key, value = repr(field.data_key or name), f"row[{field.attribute or name!r}]"
        nested = field.inner if isinstance(field, fields.List) else field
        if isinstance(nested, fields.Nested):
            shown = f"inner[{len(inner)}]"
            inner.append(projection(type(nested.schema)))
            many = nested is not field or nested.many
            shown = f"[{shown}(item) for item in {value}]" if many else f"{shown}({value})"
            parts.append(f"{key}: None if {value} is None else {shown}")
        elif isinstance(field, (*_AS_IS, fields.List)) and not isinstance(field, fields.Decimal):
            parts.append(f"{key}: {value}")
        else:
            raise TypeError(f"{schema.__name__}.{name}: no projection for {type(field).__name__}")
    # A dict display, which is a fifth faster than a loop over the fields.
    project: Projection = eval(f"lambda row: {{{', '.join(parts)}}}", {"inner": inner})
    return project


def dumps(value: Any) -> bytes:
    """JSON as the API writes it: UTC times end in `Z`."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z)
