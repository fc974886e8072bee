"""The Flask application over an assembled kernel."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ..assembly import StartRefused, assemble
from ..builder import Culprit
from ..contributions import check_blueprint
from ..errors import (
    Conflict,
    InvalidRequest,
    KernelError,
    NotFound,
    PluginDisabled,
    ServiceUnavailable,
)
from ..health import run_checks
from ..identity.access_tokens import AccessTokens
from ..identity.routes import build as identity_blueprint
from ..ids import as_id, new_id
from ..kernel import Kernel
from ..logs import bound
from ..plugins.lifecycle import PluginFault
from ..secrets import JWT
from ..system.routes import build as system_blueprint
from .addresses import Addresses
from .answers import render_error
from .openapi import Document, IdConverter, create_api
from .pipeline import Pipeline
from .projection import dumps
from .static_pages import blueprint as static_pages

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("pronaflow.web")

_HTTP_CODES = {
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "PAYLOAD_TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}


def start(**how: Any) -> tuple[Kernel, Flask]:
    """The assembled kernel and the application over it; arguments and errors are those of `assemble`."""
    apps: list[Flask] = []
    kernel = assemble(**how, face=lambda built: apps.append(create_app(built)))
    return kernel, apps[-1]


def create_app(kernel: Kernel) -> Flask:
    """The WSGI application over a kernel.

    Raises:
        Culprit: a plugin's routes cannot be registered.
        StartRefused: a route of the kernel itself declares no permission that exists.
    """
    app = Flask("pronaflow_kernel", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = None
    app.url_map.strict_slashes = False
    app.url_map.converters["id"] = IdConverter
    tokens = AccessTokens(
        [key.secret for key in kernel.keys.accepted(JWT)],
        kernel.settings.auth.access_token_ttl,
        kernel.clock,
        kernel.hooks.pick_principal,
    )
    app.extensions["pronaflow.kernel"] = kernel
    app.extensions["pronaflow.pipeline"] = Pipeline(kernel, tokens.authenticate)
    owners: dict[str, str] = {}
    api = create_api(app, version("pronaflow-kernel"))
    for own in (identity_blueprint(kernel, tokens), system_blueprint(kernel)):
        try:
            check_blueprint("core", own, kernel.access.permissions, kernel.resources)
        except PluginFault as fault:
            raise StartRefused(f"the kernel's own routes are wrong: {fault}") from fault
        api.register_blueprint(own)
    app.register_blueprint(static_pages())
    document = Document(kernel, api.spec, app.blueprints)
    app.add_url_rule("/openapi.json", "openapi", document.view)
    _add_health(app, kernel)
    addresses = Addresses(app.url_map)
    for plugin_id, blueprint in kernel.blueprints:
        try:
            api.register_blueprint(blueprint)
            addresses.claim(plugin_id)
        except Exception as error:
            raise Culprit(plugin_id, "routes", error) from error
        owners[blueprint.name] = plugin_id
    _add_edge(app, kernel, owners)
    _add_errors(app, kernel, owners)
    app.wsgi_app = _with_request_id(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _add_health(app: Flask, kernel: Kernel) -> None:
    """`/health` as the seed names it, `/health/live` and `/health/ready` for supervisors."""
    needed = [check.name for owner, check in kernel.health_checks if owner is None]

    def serves(checks: dict[str, str]) -> bool:
        """Whether the kernel's own probes answer: a plugin's that fails must not take the server away."""
        return all(checks[name] == "healthy" for name in needed)

    def health() -> Response:
        checks = run_checks(kernel.probes())
        plugins = {status.id: status.state for status in kernel.states()}
        well = serves(checks)
        troubles = {"failed", "blocked", "pending", "degraded", "unhealthy"}
        degraded = not troubles.isdisjoint([*checks.values(), *plugins.values()])
        state = "unhealthy" if not well else "degraded" if degraded else "healthy"
        body = {"status": state, "timestamp": kernel.clock.now(), "components": checks, "plugins": plugins}
        return Response(dumps(body), status=200 if well else 503, mimetype="application/json")

    def live() -> Response:
        return Response(dumps({"status": "alive"}), mimetype="application/json")

    def ready() -> Response:
        checks = run_checks(kernel.probes())
        well = serves(checks)
        body = {"status": "ready" if well else "not_ready", "components": checks}
        return Response(dumps(body), status=200 if well else 503, mimetype="application/json")

    for path, view in (("/health", health), ("/health/live", live), ("/health/ready", ready)):
        app.add_url_rule(path, view.__name__, view)


REQUEST_ID = "pronaflow.request_id"
"""Where the WSGI environment holds the request's id."""


def _with_request_id(inner: WSGIApplication) -> WSGIApplication:
    """Give each request an id, the caller's if that is a UUID, and write it on every line that is logged."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[REQUEST_ID] = as_id(environ.get("HTTP_X_REQUEST_ID")) or new_id()
        with bound(request_id=environ[REQUEST_ID]):
            return inner(environ, start_response)

    return application


def _add_edge(app: Flask, kernel: Kernel, owners: dict[str, str]) -> None:
    """What happens to every request before and after its route."""
    limits = kernel.settings.limits

    @app.before_request
    def _arrive() -> None:
        g.request_id = request.environ[REQUEST_ID]
        # WSGI has both as Latin-1, one character a byte.
        if len(request.environ["PATH_INFO"]) + len(request.environ["QUERY_STRING"]) > limits.url_bytes:
            raise InvalidRequest(f"The address is longer than {limits.url_bytes} bytes")
        if len(request.args) > limits.query_parameters:
            raise InvalidRequest(f"At most {limits.query_parameters} query parameters")
        owner = owners.get(request.blueprint or "", "core")
        if isinstance(request.routing_exception, MethodNotAllowed):
            owner = _hide_methods(app, kernel, owners, request.routing_exception)
        if owner != "core" and not kernel.switches.active(owner):
            raise PluginDisabled(f"The plugin {owner} is switched off", details={"plugin": owner})

    @app.after_request
    def _leave(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


def _hide_methods(app: Flask, kernel: Kernel, owners: dict[str, str], error: MethodNotAllowed) -> str:
    """Take the methods of plugins that are off out of a 405; whose the address is for those that are left.

    Where none is left, that is a plugin that is off.
    """
    adapter = app.create_url_adapter(request)
    allowed: dict[str, str] = {}
    for method in error.valid_methods or ():
        rule, _ = adapter.match(method=method, return_rule=True)  # type: ignore[union-attr]
        allowed[method] = owners.get(rule.endpoint.rpartition(".")[0], "core")
    on = {i for i in {*allowed.values()} if i == "core" or kernel.switches.active(i)}
    if not on:
        return next(iter(allowed.values()), "core")
    error.valid_methods = [method for method, owner in allowed.items() if owner in on]
    return "core"


def _add_errors(app: Flask, kernel: Kernel, owners: dict[str, str]) -> None:
    """Whatever is raised becomes the seed's error envelope; nothing unknown shows its insides."""

    formats = [(i, c.error_format) for i, c in kernel.contributions.items() if c.error_format is not None]

    def answer(error: KernelError) -> Response:
        for plugin_id, form in formats:
            if request.path.startswith(form.prefix) and kernel.switches.active(plugin_id):
                rendered: Response | None = form.answer(plugin_id, error, kernel.clock.now())
                if rendered is not None:
                    return rendered
        return render_error(error, kernel.clock.now())

    def known(error: KernelError) -> Response:
        """One of status 500 is a defect: its words are for the log."""
        return unknown(error) if error.status == 500 else answer(error)

    def http(error: HTTPException) -> Response:
        shown = KernelError(error.description or error.name)
        shown.status = error.code or 500
        shown.code = _HTTP_CODES.get(
            shown.status, "INVALID_REQUEST" if shown.status < 500 else "INTERNAL_ERROR"
        )
        if shown.status == 404:
            shown = NotFound("There is nothing at this address")
        response = answer(shown)
        response.headers.extend(error.get_headers() and [h for h in error.get_headers() if h[0] == "Allow"])
        return response

    def integrity(error: IntegrityError) -> Response:
        """Two requests raced for the same unique value; the loser gets what a later one would."""
        if not _is_race(error):
            return unknown(error)
        return answer(Conflict("This exists already, or what it refers to was just deleted"))

    def unavailable(error: OperationalError) -> Response:
        if isinstance(error.orig, sqlite3.OperationalError) and "locked" not in str(error.orig):
            return unknown(error)
        log.error("the database is busy or away: %s", type(error.orig).__name__)
        return answer(ServiceUnavailable("The database is busy", headers={"Retry-After": "1"}))

    def unknown(error: Exception) -> Response:
        whose = owners.get(request.blueprint or "", "core")
        log.error("unexpected error in %s %s of %s", request.method, request.path, whose, exc_info=error)
        return answer(KernelError(details={"request_id": g.get("request_id")}))

    app.register_error_handler(KernelError, known)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(IntegrityError, integrity)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(Exception, unknown)


def _is_race(error: IntegrityError) -> bool:
    """Whether a unique value or a reference was taken or removed by somebody faster."""
    kind, words = type(error.orig).__name__, str(error.orig)
    return kind in ("UniqueViolation", "ForeignKeyViolation") or words.startswith(
        ("UNIQUE constraint failed", "FOREIGN KEY constraint failed")
    )
