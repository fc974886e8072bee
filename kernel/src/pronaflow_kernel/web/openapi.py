"""The OpenAPI 3.1 document at `/openapi.json`, without what plugins bring that are switched off."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import flask_smorest
from apispec import APISpec
from flask import Flask, Response, request
from marshmallow import Schema, fields
from werkzeug.routing import BaseConverter

from ..ids import as_id
from .blueprint import Blueprint
from .limits.rate import HEADERS
from .projection import dumps

if TYPE_CHECKING:
    from ..kernel import Kernel

METHODS = ("get", "post", "put", "patch", "delete")

ERROR_SCHEMA = {
    "type": "object",
    "required": ["success", "error", "timestamp"],
    "properties": {
        "success": {"type": "boolean", "const": False},
        "error": {
            "type": "object",
            "required": ["code", "message", "details"],
            "properties": {
                "code": {"type": "string", "examples": ["VALIDATION_ERROR"]},
                "message": {"type": "string"},
                "details": {"type": "object"},
            },
        },
        "timestamp": {"type": "string", "format": "date-time"},
    },
}

SHOWN = {name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS}
"""The headers of every answer, for an answer that has no others."""


class IdConverter(BaseConverter):
    """`<id:task_id>` in a rule: a UUID, so that `/tasks/lists` never collides with `/tasks/{task_id}`."""

    regex = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"

    def to_python(self, value: str) -> str:
        """Canonical lower case."""
        return as_id(value) or value


def schema_name(schema: type[Schema] | Schema) -> str:
    """The component name of a schema: its class name, with the plugin in front so that two cannot collide."""
    kind = schema if isinstance(schema, type) else type(schema)
    package = kind.__module__.split(".")[0].removeprefix("pronaflow_")
    name = kind.__name__.removesuffix("Schema")
    if isinstance(schema, Schema) and schema.partial:
        name = f"{name}Partial"
    return name if package in ("kernel", "marshmallow") else f"{package}.{name}"


def create_api(app: Flask, version: str) -> flask_smorest.Api:
    """flask-smorest's registry of what the blueprints document; it serves nothing by itself."""
    app.config.update(API_TITLE="PronaFlow", API_VERSION="v1", OPENAPI_VERSION="3.1.0")
    from apispec.ext.marshmallow import MarshmallowPlugin

    api = flask_smorest.Api(
        app,
        spec_kwargs={
            "marshmallow_plugin": MarshmallowPlugin(schema_name_resolver=schema_name),
            "info": {"description": f"PronaFlow {version}"},
        },
    )
    api.register_converter(IdConverter, lambda converter: {"type": "string", "format": "uuid"})
    spec: APISpec = api.spec
    api.ma_plugin.converter.add_parameter_attribute_function(_as_deep_object)
    # Each route names its errors; flask-smorest would describe them in another envelope than ours.
    api.DEFAULT_ERROR_RESPONSE_NAME = None
    spec.components.schemas.clear()
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    spec.components.security_scheme("ticket", {"type": "apiKey", "in": "query", "name": "ticket"})
    _add_limits(spec)
    _add_conditions(spec)
    _add_keys(spec)
    return api


def _as_deep_object(self: Any, field: Any, ret: Mapping[str, Any]) -> dict[str, Any]:
    """How a parameter that is an object stands in a query: `custom_fields[<id>]=5`."""
    return {"style": "deepObject", "explode": True} if isinstance(field, fields.Dict) else {}


def _add_limits(spec: APISpec) -> None:
    """The headers that tell where a caller stands (`limits`), and the errors, which carry them too."""
    for name, described in HEADERS.items():
        spec.components.header(name, {**described, "required": True})
    wait = {
        "description": "Seconds until another try",
        "schema": {"type": "integer", "minimum": 1},
        "required": True,
    }
    content = {"application/json": {"schema": ERROR_SCHEMA}}
    words = "What went wrong, in the envelope of every error"
    spec.components.response("Error", {"description": words, "headers": SHOWN, "content": content})
    words = "Too many requests, or too many failed attempts"
    refused = {"description": words, "headers": {**SHOWN, "Retry-After": wait}, "content": content}
    spec.components.response("RateLimited", refused)
    words = "Something that the answer needs is busy or away, or a plugin failed: try again"
    away = {
        "description": words,
        "headers": {**SHOWN, "Retry-After": {**wait, "required": False}},
        "content": content,
    }
    spec.components.response("Unavailable", away)


def _add_conditions(spec: APISpec) -> None:
    """The headers by which a caller says what it has seen of a record (`preconditions`)."""
    shown = {"schema": {"type": "string", "examples": ['"3-1f2e3d4c"']}}
    spec.components.header("ETag", {"description": "Names this state of the record", **shown})
    spec.components.parameter(
        "IfMatch",
        "header",
        {
            "name": "If-Match",
            "description": "Do it only if the record still has the version of this ETag; else 412",
            **shown,
        },
    )
    spec.components.parameter(
        "IfNoneMatch",
        "header",
        {"name": "If-None-Match", "description": "Answer 304 if this ETag is still the record's", **shown},
    )
    words = "What the caller has is still right"
    spec.components.response("NotModified", {"description": words, "headers": SHOWN})


def _add_keys(spec: APISpec) -> None:
    """The header by which a POST is done once, however often it is sent (`idempotency`)."""
    key = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
    once = (
        "A text of your choice that stands for this request, best a UUID. Sent again with the same key within"
        " 24 hours, the request is not done again. One that is still running is waited for, at most 5 seconds"
        " (then 409, `in_progress`); the key of another request is refused (422, `key_reused`). A refused"
        " request uses up no key. Routes that do not name this header ignore it. "
    )
    again = "The answer is the first one, byte for byte, with `Idempotency-Replayed: true`."
    named = (
        "The answer holds a secret and is not kept: 409, `already_done`, with type and id of what was made."
    )
    for component, answer in (("IdempotencyKey", again), ("IdempotencyKeyOnce", named)):
        shown = {"name": "Idempotency-Key", "description": once + answer, "schema": key}
        spec.components.parameter(component, "header", shown)
    spec.components.header(
        "Idempotency-Replayed",
        {
            "description": "The answer of an earlier request with the same key",
            "schema": {"type": "string", "const": "true"},
        },
    )


class Document:
    """The document as bytes, made once for each set of active plugins.

    Arguments:
        kernel: tells which plugins are on.
        spec: filled by the blueprints.
        blueprints: by name, as far as they are registered when somebody asks; tell what their tags stand for.
    """

    def __init__(self, kernel: Kernel, spec: APISpec, blueprints: Mapping[str, object]) -> None:
        self._kernel = kernel
        self._spec = spec
        self._blueprints = blueprints
        self._made: dict[frozenset[str], tuple[bytes, str]] = {}

    def view(self) -> Response:
        """GET /openapi.json."""
        off = self._kernel.switches.off()
        if off not in self._made:
            body = dumps(self.content(off))
            self._made[off] = (body, hashlib.sha256(body).hexdigest()[:16])
        body, tag = self._made[off]
        response = Response(body, mimetype="application/json")
        response.set_etag(tag)
        response.make_conditional(request)
        return response

    def content(self, off: frozenset[str]) -> dict[str, Any]:
        """The document without the paths, tags and schemas of the plugins in `off`."""
        document: dict[str, Any] = self._spec.to_dict()
        paths: dict[str, Any] = {}
        for path, item in document["paths"].items():
            kept = {
                key: value
                for key, value in item.items()
                if key not in METHODS or value.get("x-plugin") not in off
            }
            if any(key in METHODS for key in kept):
                paths[path] = kept
        used = {
            tag: None
            for item in paths.values()
            for key, value in item.items()
            if key in METHODS
            for tag in value["tags"]
        }
        ours = (each for each in self._blueprints.values() if isinstance(each, Blueprint))
        summaries = {each.tag: each.description for each in ours if each.description}
        components = dict(document["components"])
        components["schemas"] = _referenced(paths, components["schemas"])
        tags = [_tag(name, summaries.get(name)) for name in used]
        return {**document, "paths": paths, "components": components, "tags": tags}


def _tag(name: str, summary: str | None) -> dict[str, str]:
    return {"name": name, "description": summary} if summary else {"name": name}


def _referenced(part: Any, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas that a part of the document refers to, directly and through others, in their order."""
    found: set[str] = set()
    waiting = [part]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            name = str(each.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += each.values()
    return {name: schema for name, schema in schemas.items() if name in found}
