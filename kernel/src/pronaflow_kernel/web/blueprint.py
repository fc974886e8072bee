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
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import flask_smorest
from flask import Blueprint as FlaskBlueprint
from flask import current_app, g, request
from marshmallow import Schema, fields

from ..access.freshness import STEP_UP
from ..attribution import attributed
from .answers import JSON
from .arguments import load, load_query
from .fields import WorkspaceQuery
from .file_documents import document_formats, document_parts, form_body
from .idempotency import Mode
from .limits.rate import HEADERS
from .projection import Projection, projection
from .streaming import document_stream
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
        upload: name of the part of a form that is a file; None where the body is JSON.
        stream: whether it answers a stream, and takes a ticket for a credential.
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
    upload: str | None = None
    stream: bool = False


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
        many: bool | Literal["window"] = False,
        status: int = 200,
        resource: str | None = None,
        writes: bool | None = None,
        body_limit: int | None = None,
        max_items: int = 1000,
        fresh: int | None = None,
        idempotency: Mode | None = None,
        upload: str | None = None,
        download: bool = False,
        documented: bool = True,
        formats: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
        stream: bool = False,
    ) -> Callable[[F], F]:
        """Declare a route. The handler's docstring is its documentation in the OpenAPI document.

        Arguments:
            method, rule: as in Flask; ids are `<id:task_id>`.
            permission: name of the permission it demands, or `PUBLIC`.
            target: the record or workspace that it is about.
            body, query: schemas of the input.
            returns: schema of the record or records in the answer; `many`: whether it is a list, `window`
                where that is asked for by `limit` and `offset`.
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
            upload: name of the part of a form that is a file. The request is `multipart/form-data`, `body` is
                the schema of the other parts, and the handler gets an `Upload` as `upload`: it is kept once
                the handler's unit of work commits. Such a route takes no key, since what tells one request
                from another is known only when all of it has come.
            download: whether it answers a stored file (`ctx.files.download`), which can be had in parts.
            documented: False leaves it out of the OpenAPI document: a name that only older callers know.
            formats: media types besides JSON that it answers in where `Accept` asks for one. The handler gets
                the chosen one as `media`, None for JSON, and answers a `Document` in it.
            files: media types of the `Download`s that it answers where its query asks for one.
            stream: whether it answers a `Stream`; its query takes a `ticket` instead of a credential.

        Raises:
            ValueError: the route cannot do with a key, a file or a stream what is said.
        """
        reads = method == "GET" if writes is None else not writes
        keyed = method == "POST" and permission != PUBLIC and not reads and upload is None
        if upload is not None and (method != "POST" or reads or target.source not in ("path", "query")):
            raise ValueError(f"{method} {rule} takes no file: it is no POST that writes to what it names")
        if (idempotency or "off") != "off" and not keyed:
            raise ValueError(f"{method} {rule} takes no key: it is no POST with a credential that writes")
        if idempotency == "reference" and (resource is None or many):
            raise ValueError(f"{method} {rule} makes no record of a resource that a key could name")
        if stream and (method != "GET" or target.source not in ("workspace", "nowhere")):
            raise ValueError(f"{method} {rule} answers no stream: it is no GET of the caller or a workspace")
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
            upload,
            stream,
        )

        body_schema = body() if isinstance(body, type) else body
        query_schema = query() if query is not None else None

        def decorate(handler: F) -> F:
            owner = None if self.plugin_id == "core" else self.plugin_id
            inputs = attributed(owner, _inputs(body_schema, query_schema, formats))
            run = attributed(owner, handler)

            def view(**path: Any) -> Any:
                pipeline: Pipeline = current_app.extensions["pronaflow.pipeline"]
                return pipeline.run(route, path, inputs, run)

            name = handler.__name__
            if f"{self.name}.{name}" in self.declared:
                name = f"{name}_{method.lower()}"
            view.__name__ = name
            view.__doc__ = _explained(handler.__doc__, fresh)
            view._apidoc = self._inputs(None if upload else body_schema, query_schema)  # type: ignore[attr-defined]
            tagged = resource is not None and not many
            sent = {"ETag": tagged, "Idempotency-Replayed": route.idempotency == "replay"}
            sent |= dict.fromkeys(HEADERS, True)
            headers = {name: {"$ref": f"#/components/headers/{name}"} for name in sent if sent[name]}
            told = self.response(status, _documented(returns, many), headers=headers)(view)
            operation = self._operation(route, name, body is not None, tagged)
            if upload is not None:
                operation["requestBody"] = form_body(upload, body_schema)
            if download:
                document_parts(operation)
            if formats or files:
                document_formats(operation, [*formats, *files])
            if stream:
                document_stream(operation)
            told = self.doc(**operation)(told)
            if documented:
                self.route(rule, methods=[method], tags=[self.tag])(told)
            else:
                FlaskBlueprint.add_url_rule(self, rule, name, told, methods=[method])
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
                "records": {key: kind for kind, key in route.target.names if kind},
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
            # With a text that is no id the address may be another route's, which only reads.
            codes |= {405, 412}
            operation["parameters"] = ["IfMatch"]
        if route.idempotency != "off":
            words = "IdempotencyKey" if route.idempotency == "replay" else "IdempotencyKeyOnce"
            operation.setdefault("parameters", []).append(words)
        # With a key the body tells one request from another, even where the route makes nothing of it.
        if has_body or route.idempotency != "off" or route.upload is not None:
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


def _inputs(
    body: Schema | None, query: Schema | None, formats: tuple[str, ...]
) -> Callable[[], dict[str, Any]]:
    """Loads what a request brings beside its path, as keyword arguments of the handler."""

    def load_inputs() -> dict[str, Any]:
        loaded: dict[str, Any] = {}
        if body is not None:
            loaded["body"] = load(body, g.read_body())
        if query is not None:
            loaded["query"] = load_query(query, request)
        elif request.args:
            load_query(_NO_QUERY, request)
        if formats:
            chosen = request.accept_mimetypes.best_match([JSON, *formats], JSON)
            loaded["media"] = None if chosen == JSON else chosen
        return loaded

    return load_inputs


def _explained(text: str | None, fresh: int | None) -> str | None:
    """A handler's docstring, with the condition that its declaration adds."""
    if text is None or fresh is None:
        return text
    words = f"Only within {fresh} seconds after a sign-in or `POST {STEP_UP}`; else 403 with `details.reason`"
    return f"{inspect.cleandoc(text)}\n\n{words} `step_up_required`."


@cache
def _documented(returns: type[Schema] | None, many: bool | Literal["window"]) -> type[Schema] | None:
    """The enveloped form of a schema, for the OpenAPI document; one class for each, whatever uses it."""
    if returns is None:
        return None
    data = fields.List(fields.Nested(returns)) if many else fields.Nested(returns)
    kind = "Window" if many == "window" else "Page" if many else "Answer"
    name = f"{returns.__name__}{kind}"
    parts: dict[str, Any] = {"success": fields.Boolean(), "data": data, "message": fields.String()}
    if many == "window":
        parts |= {key: fields.Integer() for key in ("total", "limit", "offset")}
        parts["total_exact"] = fields.Boolean(metadata={"description": "False where there are more"})
    elif many:
        parts["pagination"] = fields.Dict()
    documented = Schema.from_dict(parts, name=name)
    documented.__module__ = returns.__module__
    return documented
