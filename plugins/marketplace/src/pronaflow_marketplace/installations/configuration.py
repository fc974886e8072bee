"""Holding a configuration to the schema of a plugin's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from pronaflow_kernel.api import Conflict, Manifest, Problem, ValidationFailed, invalid

MOST_BYTES = 32_768
"""How large a configuration may be; what is larger is a file."""

MOST_PROBLEMS = 50


def check(manifest: Manifest, configuration: Mapping[str, Any]) -> None:
    """Hold a configuration to the schema. A plugin without a schema has nothing to configure.

    References lead nowhere but into the schema itself: nothing is fetched.

    Raises:
        ValidationFailed: with every problem, each at its place.
        Conflict: the manifest's schema is none.
    """
    if not manifest.config_schema:
        if configuration:
            raise invalid("configuration", f"{manifest.name} has nothing to configure.", "unknown")
        return
    if len(orjson.dumps(configuration)) > MOST_BYTES:
        raise invalid("configuration", f"Must have at most {MOST_BYTES} bytes as JSON.", "too_long")
    schema = {**manifest.config_schema}
    try:
        Draft202012Validator.check_schema(schema)
        found = list(Draft202012Validator(schema, registry=Registry()).iter_errors(dict(configuration)))
    except (SchemaError, Unresolvable) as error:
        words = f"The manifest of {manifest.id} holds a `config_schema` that is none: {error.args[0]}"
        raise Conflict(f"{words}. Its author must mend it") from None
    if found:
        problems = sorted((_place(error.absolute_path), error.message[:500]) for error in found)
        raise ValidationFailed([Problem(place, words, "schema") for place, words in problems[:MOST_PROBLEMS]])


def _place(path: Any) -> str:
    return ".".join(["configuration", *map(str, path)])
