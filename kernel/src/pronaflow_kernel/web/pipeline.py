"""One request, top to bottom: credential, target, authorization, input, handler, commit, answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Response, g, request

from ..access.freshness import demand_fresh
from ..errors import Conflict, NotFound, PluginDisabled, Problem, StaleRow, ValidationFailed
from ..persistence.scope import Scope
from ..storage.files import keep
from .answers import Answer, Page, render
from .blueprint import PUBLIC, Route
from .body import read_json
from .idempotency import PATIENCE, Claim, claim_of, patiently
from .preconditions import expect_match, unless_known
from .targets import Unnamed, enter_workspace, named_record, resolve, worded
from .uploads import Form, Upload, Uploads

if TYPE_CHECKING:
    from ..access.principal import Principal
    from ..identity.tickets import Visitors
    from ..kernel import Kernel
    from ..persistence.uow import Reader, UnitOfWork
    from .admission import Admission

ATTEMPTS = 3
"""How often a request is run that finds its rows changed by another one."""

Handler = Callable[..., Any]
Inputs = Callable[[], dict[str, Any]]


class Pipeline:
    """Runs declared routes.

    Arguments:
        kernel: the assembled application.
        admission: tells who sends a request, and counts it.
        visitors: knows those who stay longer than a request.
    """

    def __init__(self, kernel: Kernel, admission: Admission, visitors: Visitors) -> None:
        self._kernel = kernel
        self._admission, self._visitors = admission, visitors
        self._uploads = Uploads(kernel.store, kernel.settings.files)

    def run(self, route: Route, path: Mapping[str, Any], inputs: Inputs, handler: Handler) -> Response:
        """Answer a request.

        Arguments:
            path: parts of the address by name.
            inputs: loads body and query; called after authorization and before any transaction.
            handler: gets a reader or a unit of work, and the path's parts and the inputs by name.

        Raises:
            KernelError: rendered by the application's error handler.
        """
        # The body of an upload is read once the caller may send it.
        g.read_body = (
            _body_reader(route, self._kernel.settings.limits.body_bytes) if route.upload is None else dict
        )
        try:
            return self._run(route, path, inputs, handler)
        except NotFound as error:
            raise worded(route.target, request, path, g.read_body, error) from error

    def _run(self, route: Route, path: Mapping[str, Any], inputs: Inputs, handler: Handler) -> Response:
        with self._kernel.db.read(Scope.nobody()) as reader:
            unnamed = self._admit(route, path, reader)
            # A file comes when nothing is open.
            given = inputs() if route.upload is None else {}
            if unnamed is not None:
                raise unnamed.refuse()
            if not route.writes:
                response = self._answer(route, reader, handler(reader, **path, **given))
                return unless_known(request, response) if route.method == "GET" else response
            scope = reader.scope
        if route.upload is not None:
            return self._receive(route, route.upload, scope, path, inputs, handler)
        return self._write(route, scope, path, inputs, handler)

    def _receive(
        self,
        route: Route,
        part: str,
        scope: Scope,
        path: Mapping[str, Any],
        inputs: Inputs,
        handler: Handler,
    ) -> Response:
        """Take a file into the store, and do the work that makes something of it."""
        with self._uploads.receive(request, part) as form:
            g.read_body = lambda: form.fields
            upload = _complete(form, part, inputs)

            def keeping(uow: UnitOfWork, **given: Any) -> Any:
                uow.after_commit(form.keep)
                keep(uow, route.plugin_id, upload.stored)
                return handler(uow, upload=upload, **given)

            return self._write(route, scope, path, inputs, keeping)

    def _admit(self, route: Route, path: Mapping[str, Any], reader: Reader) -> Unnamed | None:
        """Sign in, find the target, authorize; leaves the reader in the request's scope."""
        if route.permission == PUBLIC:
            self._admission.count_address()
            return None
        principal = self._admission.sign_in(reader, self._visitors.redeem if route.stream else None)
        container = resolve(
            route.target,
            reader,
            request,
            path,
            g.read_body,
            self._kernel.resources,
            partial(self._is_on, route),
        )
        if isinstance(container, Unnamed):
            return container
        self._refuse_where_off(route, path, reader.scope.workspace_id)
        self._kernel.access.authorize(reader, route.permission, container_id=container)
        if route.fresh is not None:
            demand_fresh(principal, route.fresh, self._kernel.clock.now())
        if route.stream:
            here, header = reader.scope.workspace_id, request.headers.get("Authorization")
            g.again = partial(self._again, route, principal, header, here)
        return None

    def _again(
        self,
        route: Route,
        before: Principal,
        header: str | None,
        workspace_id: str | None,
        reader: Reader,
    ) -> Scope:
        """Admit whoever was admitted before, outside of a request; see `streaming.Again`."""
        principal = self._visitors.again(reader, before, header)
        reader.enter(Scope(principal))
        if workspace_id is not None:
            enter_workspace(reader, workspace_id)
        if not self._kernel.switches.active(route.plugin_id, workspace_id):
            raise PluginDisabled
        self._kernel.access.authorize(reader, route.permission)
        return reader.scope

    def _is_on(self, route: Route, workspace_id: str, resource: str | None = None) -> bool:
        """Whether a route's plugin, and that of the record it is asked for, are on in a workspace."""
        off = self._kernel.switches.off_in(workspace_id)
        if not off or route.plugin_id == "core":
            return True
        return off.isdisjoint({route.plugin_id, self._kernel.resource_owners.get(resource or "", "core")})

    def _refuse_where_off(self, route: Route, path: Mapping[str, Any], workspace_id: str | None) -> None:
        """A record of a plugin that is off in its workspace does not exist; a workspace says what is off."""
        if workspace_id is None or not self._kernel.switches.off_in(workspace_id):
            return
        found = named_record(route.target, request, path, g.read_body)
        if self._is_on(route, workspace_id, None if found is None else found[0]):
            return
        if found is not None:
            raise NotFound
        details = {"plugin": route.plugin_id, "workspace_id": workspace_id}
        raise PluginDisabled(
            f"The plugin {route.plugin_id} is switched off in this workspace", details=details
        )

    def _write(
        self, route: Route, scope: Scope, path: Mapping[str, Any], inputs: Inputs, handler: Handler
    ) -> Response:
        claim = claim_of(request, route.idempotency, scope, g.read_body)
        for _ in range(ATTEMPTS):
            # Loaded anew for each attempt: a handler may have changed what it was given.
            work = partial(self._work, route, path, handler, inputs())
            with contextlib.suppress(StaleRow):
                if claim is not None:
                    return self._write_once(route, scope, claim, work)
                with self._kernel.db.write(scope) as uow:
                    result = work(uow)
                return self._written(route, uow.scope, result)
        raise Conflict("The record is being changed by others at this moment: try again")

    def _work(
        self,
        route: Route,
        path: Mapping[str, Any],
        handler: Handler,
        given: Mapping[str, Any],
        uow: UnitOfWork,
    ) -> Any:
        expect_match(uow, request, route.target, path, self._kernel.resources)
        return handler(uow, **path, **given)

    def _write_once(
        self, route: Route, scope: Scope, claim: Claim, work: Callable[[UnitOfWork], Any]
    ) -> Response:
        """Do the work of a key that is new, and answer what it answered for one that is not."""
        with contextlib.ExitStack() as stack:
            with patiently():
                uow = stack.enter_context(self._kernel.db.write(scope, patience=PATIENCE))
                known = claim.take(uow)
            if known is not None:
                return known
            result = work(uow)
            response = self._answer_within(route, uow, result)
            claim.keep(uow, response, _made(route, result))
        return response

    def _written(self, route: Route, scope: Scope, result: Any) -> Response:
        """The answer of a committed request; plugins that add to it cannot undo it any more."""
        if route.resource is None or not self._kernel.hooks.extends:
            return render(result, route.status, route.project, route.resource)
        with self._kernel.db.read(scope) as reader:
            return self._answer(route, reader, result)

    def _answer_within(self, route: Route, uow: UnitOfWork, result: Any) -> Response:
        """The answer of a request that is yet to be committed; plugins add what they will know of it."""
        if route.resource is None or not self._kernel.hooks.extends:
            return render(result, route.status, route.project, route.resource)
        with uow.reading() as reader:
            return self._answer(route, reader, result)

    def _answer(self, route: Route, reader: Reader, result: Any) -> Response:
        if route.resource is not None and self._kernel.hooks.extends:
            self._extend(route.resource, reader, result)
        return render(result, route.status, route.project, route.resource)

    def _extend(self, resource: str, reader: Reader, result: Any) -> None:
        """Let plugins add to the shown records: on lists only those that `?ext=` names."""
        data = result.data if isinstance(result, Answer) else result
        many = isinstance(data, (Page, list))
        rows: list[Any] = list(data.rows) if isinstance(data, Page) else data if many else [data]
        only = set(filter(None, request.args.get("ext", "").split(","))) if many else None
        if not rows or rows[0] is None or only == set():
            return
        extensions = self._kernel.hooks.extend_payload(reader, resource, rows, only)
        for row in rows:
            if extensions[row["id"]]:
                row["ext"] = extensions[row["id"]]


def _complete(form: Form, part: str, inputs: Inputs) -> Upload:
    """The file of a form without faults.

    Raises:
        ValidationFailed: with all that is wrong, the missing file among it.
    """
    if form.upload is not None:
        inputs()
        return form.upload
    problems = [Problem(part, "Missing data for required field.", "required")]
    try:
        inputs()
    except ValidationFailed as error:
        problems += error.problems
    raise ValidationFailed(problems)


def _made(route: Route, result: Any) -> dict[str, Any]:
    """Type and id of the record that an answer shows."""
    data = result.data if isinstance(result, Answer) else result
    return {"resource": route.resource, "id": data.get("id") if isinstance(data, Mapping) else None}


def _body_reader(route: Route, default_limit: int) -> Callable[[], Any]:
    """Reads the body at most once, when somebody asks for it."""
    read: list[Any] = []

    def body() -> Any:
        if not read:
            read.append(read_json(request, route.body_limit or default_limit, route.max_items))
        return read[0]

    return body
