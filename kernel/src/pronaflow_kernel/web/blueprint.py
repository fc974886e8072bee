"""How a plugin declares its routes.

    blp = Blueprint("tasks", url_prefix="/api/v1/tasks", tag="Tasks")

    @blp.endpoint("GET", "/<id:task_id>", permission="tasks.read", target=in_path("task"), returns=TaskOut)
    def get_task(reader, task_id):
        \"\"\"Get a task.\"\"\"
        return service.get(reader, task_id)

A handler takes a `Reader` (GET) or a `UnitOfWork`, then by name the path's parts, and `query` and `body` as
loaded by the declared schemas. It answers a row, a list of rows, a `Page` or an `Answer`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import flask_smorest
from flask import current_app, g, request
from marshmallow import Schema, fields

from ..access.freshness import STEP_UP
from ..attribution import attributed
from .arguments import load, load_query
from .fields import WorkspaceQuery
from .idempotency import Mode
from .limits.rate import HEADERS
from .projection import Projection, projection
from .targets import NOWHERE, Target

if TYPE_CHECKING:
    from .pipeline import Pipeline

F = TypeVar("F", bound=Callable[..., Any])

PUBLIC = "public"
"""Permission of a route that needs no credential."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a route declares.

    Arguments:
        plugin_id: whose it is.
        method: HTTP method.
        permission: its name, or `PUBLIC`.
        target: where `authorize` looks.
        status: of success.
        writes: whether the handler gets a unit of work.
        returns: schema of the record in the answer; project: compiled from it.
        resource: resource type that the answer shows; lets plugins extend it.
        body_limit: bytes of the body; None for the setting's default.
        max_items: length of the longest array in the body.
        fresh: most seconds since the caller proved who they are; None where that does not matter.
        idempotency: what it makes of an `Idempotency-Key`.
    """

    plugin_id: str
    method: str
    permission: str
    target: Target
    status: int
    writes: bool
    returns: type[Schema] | None
    project: Projection | None
    resource: str | None
    body_limit: int | None
    max_items: int
    fresh: int | None = None
    idempotency: Mode = "off"


class Blueprint(flask_smorest.Blueprint):
    """Routes of one plugin under one prefix.

    Arguments:
        plugin_id: whose they are; the gate and the operation ids go by it.
        url_prefix: e.g. `/api/v1/tasks`.
        tag: heading in the OpenAPI document; summary: one sentence under it.
        name: of the blueprint, where a plugin has several.
    """

    def __init__(
        self, plugin_id: str, *, url_prefix: str, tag: str, summary: str = "", name: str | None = None
    ) -> None:
        # Flask looks for files beside the module it is told: ours, since any folder may be called like an id.
        super().__init__(name or plugin_id, __name__, url_prefix=url_prefix, description=summary)
        self.plugin_id = plugin_id
        self.tag = tag
        self.declared: dict[str, Route] = {}

    def endpoint(
        self,
        method: str,
        rule: str,
        *,
        permission: str,
        target: Target = NOWHERE,
        body: type[Schema] | Schema | None = None,
        query: type[Schema] | None = None,
        returns: type[Schema] | None = None,
        many: bool = False,
        status: int = 200,
        resource: str | None = None,
        writes: bool | None = None,
        body_limit: int | None = None,
        max_items: int = 1000,
        fresh: int | None = None,
        idempotency: Mode | None = None,
    ) -> Callable[[F], F]:
        """Declare a route. The handler's docstring is its documentation in the OpenAPI document.

        Arguments:
            method, rule: as in Flask; ids are `<id:task_id>`.
            permission: name of the permission it demands, or `PUBLIC`.
            target: the record or workspace that it is about.
            body, query: schemas of the input.
            returns: schema of the record or records in the answer; `many`: whether it is a list.
            status: of success.
            resource: resource type of the answer, so that plugins can extend it.
            writes: False for a POST that only reads.
            body_limit, max_items: where they differ from the defaults.
            fresh: seconds since the caller proved who they are, after which they must do so again (step-up);
                for what gives something away for good. Tokens of machines are refused.
            idempotency: what it makes of an `Idempotency-Key`: `replay` stores the answer and repeats it;
                `reference` stores only type and id of the record that was made, where the answer holds a
                secret; `off` takes no key. `replay` unless given, on a POST with a credential and a unit of
                work; all other routes take none.

        Raises:
            ValueError: the route cannot do with a key what is said.
        """
        reads = method == "GET" if writes is None else not writes
        keyed = method == "POST" and permission != PUBLIC and not reads
        if (idempotency or "off") != "off" and not keyed:
            raise ValueError(f"{method} {rule} takes no key: it is no POST with a credential that writes")
        if idempotency == "reference" and (resource is None or many):
            raise ValueError(f"{method} {rule} makes no record of a resource that a key could name")
        route = Route(
            self.plugin_id,
            method,
            permission,
            target,
            status,
            not reads,
            returns,
            projection(returns) if returns else None,
            resource,
            body_limit,
            max_items,
            fresh,
            (idempotency or "replay") if keyed else "off",
        )

        body_schema = body() if isinstance(body, type) else body
        query_schema = query() if query is not None else None

        def decorate(handler: F) -> F:
            owner = None if self.plugin_id == "core" else self.plugin_id
            inputs = attributed(owner, _inputs(body_schema, query_schema))
            run = attributed(owner, handler)

            def view(**path: Any) -> Any:
                pipeline: Pipeline = current_app.extensions["pronaflow.pipeline"]
                return pipeline.run(route, path, inputs, run)

            name = handler.__name__
            if f"{self.name}.{name}" in self.declared:
                name = f"{name}_{method.lower()}"
            view.__name__ = name
            view.__doc__ = _explained(handler.__doc__, fresh)
            view._apidoc = self._inputs(body_schema, query_schema)  # type: ignore[attr-defined]
            tagged = resource is not None and not many
            sent = {"ETag": tagged, "Idempotency-Replayed": route.idempotency == "replay"}
            sent |= dict.fromkeys(HEADERS, True)
            headers = {name: {"$ref": f"#/components/headers/{name}"} for name in sent if sent[name]}
            documented = self.response(status, _documented(returns, many), headers=headers)(view)
            documented = self.doc(**self._operation(route, name, body is not None, tagged))(documented)
            self.route(rule, methods=[method], tags=[self.tag])(documented)
            self.declared[f"{self.name}.{name}"] = route
            return handler

        return decorate

    def _inputs(self, body: Schema | None, query: Schema | None) -> dict[str, Any]:
        """What flask-smorest must know of the input to document it; loading it is done by the adapter."""

        def documented() -> None:
            """Carry the documentation."""

        for schema, location in ((query, "query"), (body, "json")):
            if schema is not None:
                documented = self.arguments(schema, location=location, error_status_code=422)(documented)
        return getattr(documented, "_apidoc", {})

    def _operation(self, route: Route, name: str, has_body: bool, tagged: bool) -> dict[str, Any]:
        """What the declaration says for the OpenAPI document."""
        operation: dict[str, Any] = {
            "operationId": f"{self.plugin_id}_{name}",
            "x-plugin": self.plugin_id,
            "x-permission": route.permission,
            "x-target": {
                "in": route.target.source,
                "records": {key: kind for kind, key in route.target.names},
            },
            "security": [] if route.permission == PUBLIC else [{"bearer": []}],
        }
        if route.fresh is not None:
            operation["x-fresh"] = route.fresh
        if route.resource is not None:
            operation["x-resource"] = route.resource
        codes = {400, 401, 403, 404, 422, 429, 503}
        if route.method != "GET":
            codes |= {409}
        if route.writes and route.target.source == "path":
            codes |= {412}
            operation["parameters"] = ["IfMatch"]
        if route.idempotency != "off":
            words = "IdempotencyKey" if route.idempotency == "replay" else "IdempotencyKeyOnce"
            operation.setdefault("parameters", []).append(words)
        # With a key the body tells one request from another, even where the route makes nothing of it.
        if has_body or route.idempotency != "off":
            codes |= {413, 415}
        operation["responses"] = {
            str(code): {"$ref": f"#/components/responses/{_COMPONENTS.get(code, 'Error')}"}
            for code in sorted(codes)
        }
        if route.method == "GET" and tagged:
            operation["parameters"] = ["IfNoneMatch"]
            operation["responses"]["304"] = {"$ref": "#/components/responses/NotModified"}
        return operation


_COMPONENTS = {429: "RateLimited", 503: "Unavailable"}
"""Responses of the document by status, where they are more than an error."""

_NO_QUERY = WorkspaceQuery()
"""What a route without a query schema takes: any route may be told its workspace."""


def _inputs(body: Schema | None, query: Schema | None) -> Callable[[], dict[str, Any]]:
    """Loads what a request brings beside its path, as keyword arguments of the handler."""

    def load_inputs() -> dict[str, Any]:
        loaded: dict[str, Any] = {}
        if body is not None:
            loaded["body"] = load(body, g.read_body())
        if query is not None:
            loaded["query"] = load_query(query, request)
        elif request.args:
            load_query(_NO_QUERY, request)
        return loaded

    return load_inputs


def _explained(text: str | None, fresh: int | None) -> str | None:
    """A handler's docstring, with the condition that its declaration adds."""
    if text is None or fresh is None:
        return text
    words = f"Only within {fresh} seconds after a sign-in or `POST {STEP_UP}`; else 403 with `details.reason`"
    return f"{inspect.cleandoc(text)}\n\n{words} `step_up_required`."


@cache
def _documented(returns: type[Schema] | None, many: bool) -> type[Schema] | None:
    """The enveloped form of a schema, for the OpenAPI document; one class for each, whatever uses it."""
    if returns is None:
        return None
    data = fields.List(fields.Nested(returns)) if many else fields.Nested(returns)
    name = f"{returns.__name__}{'Page' if many else 'Answer'}"
    parts: dict[str, Any] = {"success": fields.Boolean(), "data": data, "message": fields.String()}
    if many:
        parts["pagination"] = fields.Dict()
    documented = Schema.from_dict(parts, name=name)
    documented.__module__ = returns.__module__
    return documented
