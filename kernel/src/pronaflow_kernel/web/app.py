"""The Flask application over an assembled kernel."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask import Flask, Response
from werkzeug.exceptions import HTTPException

from ..assembly import StartRefused, assemble
from ..builder import Culprit
from ..contributions import check_blueprint
from ..health import run_checks
from ..identity.routes import build as identity_blueprint
from ..identity.sessions.access_tokens import AccessTokens
from ..identity.sessions.last_seen import LastSeen
from ..identity.tickets import Visitors
from ..jobs.operations.operation_routes import build as jobs_blueprint
from ..kernel import Kernel
from ..plugins.lifecycle import PluginFault
from ..secrets import JWT
from ..system.routes import build as system_blueprint
from ..tenancy.people import build as people_blueprint
from .addresses import Addresses
from .admission import Admission
from .blueprint import Blueprint, Route
from .connections import FileBounds
from .edge import add_edge, with_address, with_request_id
from .failures import add_errors
from .forwarded import from_proxies
from .limits.limiter import limiter_from
from .metrics import add_metrics
from .openapi import Document, IdConverter, create_api
from .pipeline import Pipeline
from .projection import dumps
from .static_pages import blueprint as static_pages
from .uploads import FORM_BYTES


def start(**how: Any) -> tuple[Kernel, Flask]:
    """The assembled kernel and the application over it; arguments and errors are those of `assemble`."""
    apps: list[Flask] = []
    kernel = assemble(**how, face=lambda built: apps.append(create_app(built)))
    return kernel, apps[-1]


def create_app(kernel: Kernel) -> Flask:
    """The WSGI application over a kernel.

    Raises:
        Culprit: a plugin's routes cannot be registered.
        StartRefused: a route of the kernel itself declares no permission that exists, or requests cannot be
            counted where the settings say.
    """
    app = Flask("pronaflow_kernel", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.config["MAX_CONTENT_LENGTH"] = None
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # else a doubled slash is redirected to whatever host the caller names
    app.url_map.converters["id"] = IdConverter
    tokens = AccessTokens(
        kernel.keys.accepted(JWT),
        kernel.settings.auth.access_token_ttl,
        kernel.settings.public_url,
        kernel.clock,
        kernel.hooks.pick_principal,
        LastSeen(kernel.db, kernel.clock, kernel.bus).note,
    )
    app.extensions["pronaflow.kernel"] = kernel
    limiter = limiter_from(kernel.settings, kernel.clock)
    limits = kernel.settings.rate_limit
    admission = Admission(kernel.db, tokens.authenticate, kernel.hooks.pick_rate_limit, limiter, limits)
    app.extensions["pronaflow.admission"] = admission
    app.extensions["pronaflow.pipeline"] = Pipeline(kernel, admission, Visitors(kernel.db, tokens))
    owners: dict[str, str] = {}
    api = create_api(app, version("pronaflow-kernel"))
    own_blueprints = (
        identity_blueprint(kernel, tokens),
        people_blueprint(),
        jobs_blueprint(),
        system_blueprint(kernel),
    )
    for own in own_blueprints:
        try:
            check_blueprint("core", own, kernel.access.permissions, kernel.resources)
        except PluginFault as fault:
            raise StartRefused(f"the kernel's own routes are wrong: {fault}") from fault
        api.register_blueprint(own)
    documented = kernel.settings.server.docs
    app.register_blueprint(static_pages(kernel.installed.ui_folder, documented))
    if documented:
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
    add_metrics(app, kernel, admission)
    add_edge(app, kernel, owners, admission)
    add_errors(app, kernel, owners)
    wsgi = with_request_id(from_proxies(with_address(app.wsgi_app), kernel.settings.server.trusted_proxies))
    app.wsgi_app = wsgi  # type: ignore[method-assign, assignment]
    return app


def largest_body(app: Flask) -> int:
    """Bytes of the largest body that any route of an application reads, but for those that take files."""
    kernel: Kernel = app.extensions["pronaflow.kernel"]
    limits = [route.body_limit for route in _routes(app).values() if route.body_limit is not None]
    return max([kernel.settings.limits.body_bytes, *limits])


def file_bounds(app: Flask) -> FileBounds:
    """Which routes of an application take files, and how large they may be with their form."""
    kernel: Kernel = app.extensions["pronaflow.kernel"]
    routes, addresses = _routes(app), app.url_map.bind("")

    def takes(method: str, path: str) -> bool:
        try:
            endpoint, _ = addresses.match(path, method)
        except HTTPException:
            return False
        route = routes.get(endpoint)
        return route is not None and route.upload is not None

    return FileBounds(takes, kernel.settings.files.max_bytes + FORM_BYTES)


def _routes(app: Flask) -> dict[str, Route]:
    """What is declared, by endpoint."""
    blueprints = (each for each in app.blueprints.values() if isinstance(each, Blueprint))
    return {name: route for each in blueprints for name, route in each.declared.items()}


def _add_health(app: Flask, kernel: Kernel) -> None:
    """`/health` as the seed names it, `/health/live` and `/health/ready` for supervisors."""
    needed = [check.name for owner, check in kernel.health_checks if owner is None]

    def serves(checks: dict[str, str]) -> bool:
        """Whether the kernel's own probes answer: a plugin's that fails must not take the server away."""
        return all(checks[name] != "unhealthy" for name in needed)

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
