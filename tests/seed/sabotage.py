"""Ways to make a right server wrong, each in one place; the walker must find every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import pytest
from flask import Response, request
from werkzeug.datastructures import MultiDict

from pronaflow_kernel.api import UnitOfWork
from pronaflow_kernel.testing import World

Sabotage = Callable[[World, pytest.MonkeyPatch], None]


def answers(edit: Callable[[Response], Any], method: str = "GET") -> Sabotage:
    """Change the answers to requests of one method."""

    def change(response: Response) -> Response:
        if request.method == method:
            edit(response)
        return response

    def apply(world: World, patch: pytest.MonkeyPatch) -> None:
        hooks = world.app.after_request_funcs
        patch.setitem(hooks, None, [change, *hooks[None]])  # the first in the list runs last

    return apply


def body(edit: Callable[[Any], Any], method: str = "GET") -> Sabotage:
    """Change the JSON of the answers to requests of one method."""

    def change(response: Response) -> None:
        content = orjson.loads(response.data)
        edit(content)
        response.data = orjson.dumps(content)

    return answers(change, method)


def record(edit: Callable[[Any], Any]) -> Sabotage:
    """Change the last element of every list that is answered."""
    return body(lambda content: content["data"] and edit(content["data"][-1]))


def status(code: int, method: str) -> Sabotage:
    return answers(lambda response: setattr(response, "status_code", code), method)


def header(name: str, value: str) -> Sabotage:
    return answers(lambda response: response.headers.set(name, value))


def without(name: str) -> Sabotage:
    return answers(lambda response: response.headers.remove(name))


def ignores(parameter: str) -> Sabotage:
    """Let the server overlook a query parameter."""

    def overlook() -> None:
        request.args = MultiDict({name: value for name, value in request.args.items() if name != parameter})

    def apply(world: World, patch: pytest.MonkeyPatch) -> None:
        hooks = world.app.before_request_funcs
        patch.setitem(hooks, None, [overlook, *hooks[None]])

    return apply


def forgets_writes(world: World, patch: pytest.MonkeyPatch) -> None:
    """Answer writes as if they were done, and roll them back."""
    patch.setattr(world.kernel.db, "write", partial(world.kernel.db.write, dry_run=True))


def forgets(column: str) -> Sabotage:
    """Write all values but one."""
    update = UnitOfWork.update

    def less(self: UnitOfWork, model: Any, row: Any, changes: Any) -> Any:
        return update(self, model, row, {name: value for name, value in changes.items() if name != column})

    return lambda world, patch: patch.setattr(UnitOfWork, "update", less)
