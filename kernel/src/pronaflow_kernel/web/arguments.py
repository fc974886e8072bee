"""Loading a route's input: strict JSON, strict query, every fault named."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NoReturn

from flask import Request, g
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from ..errors import Problem, ValidationFailed
from .body import check_json


class ArgumentParser(FlaskParser):
    """webargs' parser with our reading of bodies and our errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body, read once a request by the pipeline."""
        return g.read_body()

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query as a plain dict, held to the same bounds as a body."""
        check_json(req.args.to_dict(flat=False))
        # Not webargs' proxy: asked for the many parameters that are missing, it raises for each.
        lists = _lists(type(schema))
        return {key: req.args.getlist(key) if key in lists else req.args[key] for key in req.args}

    def handle_error(
        self,
        error: ValidationError,
        req: Request,
        schema: Schema,
        *,
        error_status_code: Any,
        error_headers: Any,
    ) -> NoReturn:
        """Name every field at fault."""
        location = next(iter(error.messages_dict))
        raise ValidationFailed(_problems(error.messages_dict[location], ""))


@cache
def _lists(schema: type[Schema]) -> frozenset[str]:
    """The parameters of a schema that may be given more than once."""
    return frozenset(MultiDictProxy({}, schema()).multiple_keys)


def _problems(messages: Any, path: str) -> list[Problem]:
    if isinstance(messages, Mapping):
        found = []
        for key, inner in messages.items():
            where = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            found += _problems(inner, where)
        return found
    return [Problem(path or "_schema", str(message), _code(str(message))) for message in messages]


def _code(message: str) -> str:
    if message.startswith("Missing data"):
        return "required"
    return "unknown" if message.startswith("Unknown field") else "invalid"


def load(schema: Schema, data: Any) -> Any:
    """Load data through a schema outside a request (commands, imports), with the same errors.

    Raises:
        ValidationFailed: with every field at fault.
    """
    try:
        return schema.load(data)
    except ValidationError as error:
        raise ValidationFailed(_problems(error.messages_dict, "")) from None
