"""What happens to every request before and after its route."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, g, request
from werkzeug.exceptions import MethodNotAllowed

from ..errors import HeadersTooLarge, InvalidRequest, KernelError, PluginDisabled
from ..events.callers import calling_from
from ..ids import as_id, new_id
from ..logs import bound
from .admission import UNCOUNTED, Admission
from .blueprint import Blueprint
from .cors import Cors
from .forwarded import refuse_plain
from .headers import secured

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from ..kernel import Kernel

REQUEST_ID = "pronaflow.request_id"
"""Where the WSGI environment holds the request's id."""


def with_request_id(inner: WSGIApplication) -> WSGIApplication:
    """Give each request an id, the caller's if that is a UUID, and write it on every line that is logged."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[REQUEST_ID] = as_id(environ.get("HTTP_X_REQUEST_ID")) or new_id()
        with bound(request_id=environ[REQUEST_ID]):
            return inner(environ, start_response)

    return application


def with_address(inner: WSGIApplication) -> WSGIApplication:
    """Let the ledger know where each request comes from, as far as the configured proxies tell it."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with calling_from(environ.get("REMOTE_ADDR")):
            return inner(environ, start_response)

    return application


def add_edge(app: Flask, kernel: Kernel, owners: dict[str, str], admission: Admission) -> None:
    """What happens to every request before and after its route."""
    limits = kernel.settings.limits
    declared = {name for name, each in app.blueprints.items() if isinstance(each, Blueprint)}
    cors, secure = Cors(app, kernel.settings.cors.origins), secured(kernel.settings)

    @app.before_request
    def _enter() -> Response | None:
        refuse_plain(request.environ, kernel.settings)
        headers = (
            len(name) + len(str(value)) for name, value in request.environ.items() if name[:5] == "HTTP_"
        )
        if sum(headers) > limits.header_bytes:
            raise HeadersTooLarge(f"The headers are longer than {limits.header_bytes} bytes")
        return cors.preflight(request)

    @app.before_request
    def _arrive() -> None:
        g.request_id = request.environ[REQUEST_ID]
        try:
            refuse()
        except KernelError:
            admission.count_stray()
            raise
        # What OPTIONS asks for no route answers, so that none counts it.
        if request.routing_exception is not None or request.method == "OPTIONS":
            admission.count_stray()
        elif request.blueprint not in declared and request.endpoint not in UNCOUNTED:
            admission.count_address()

    def refuse() -> None:
        # WSGI has both as Latin-1, one character a byte.
        if len(request.environ["PATH_INFO"]) + len(request.environ["QUERY_STRING"]) > limits.url_bytes:
            raise InvalidRequest(f"The address is longer than {limits.url_bytes} bytes")
        if request.environ["QUERY_STRING"].count("&") >= limits.query_parameters:
            raise InvalidRequest(f"At most {limits.query_parameters} query parameters")
        owner = owners.get(request.blueprint or "", "core")
        if isinstance(request.routing_exception, MethodNotAllowed):
            owner = _hide_methods(app, kernel, owners, request.routing_exception)
        if owner != "core" and not kernel.switches.active(owner):
            raise PluginDisabled(f"The plugin {owner} is switched off", details={"plugin": owner})

    @app.after_request
    def _leave(response: Response) -> Response:
        response.headers["X-Request-Id"] = request.environ[REQUEST_ID]
        admission.label(response)
        secure(request, response)
        cors.allow(request, response)
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
