"""Ways to make the stand-in wrong, each in one place; the walker must find every one of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from flask import Response, request

from .standin import StandIn

Sabotage = Callable[[StandIn], Any]


def answers(edit: Callable[[Response], Any], method: str) -> Sabotage:
    """Change the answers to requests of one method."""

    def change(response: Response) -> Response:
        if request.method == method:
            edit(response)
        return response

    return lambda app: app.after_request_funcs[None].insert(0, change)


def body(edit: Callable[[Any], Any], method: str = "GET") -> Sabotage:
    """Change the JSON of the answers to requests of one method."""

    def change(response: Response) -> None:
        content = json.loads(response.data)
        edit(content)
        response.data = json.dumps(content)

    return answers(change, method)


def record(edit: Callable[[Any], Any]) -> Sabotage:
    """Change the last element of every list that is answered."""
    return body(lambda content: content["data"] and edit(content["data"][-1]))


def status(code: int, method: str) -> Sabotage:
    return answers(lambda response: setattr(response, "status_code", code), method)


def header(name: str, value: str | None, method: str = "GET") -> Sabotage:
    def change(response: Response) -> None:
        response.headers.pop(name, None)
        if value is not None:
            response.headers[name] = value

    return answers(change, method)


def ignores(*parameters: str) -> Sabotage:
    """Let the endpoint forget query parameters."""

    def forget() -> None:
        request.args = {name: value for name, value in request.args.items() if name not in parameters}

    return lambda app: app.before_request(forget)


def forgets_writes(app: StandIn) -> None:
    """Answer writes as if they were done and keep nothing of them."""

    def remember() -> None:
        app.before = deepcopy(app.webhooks)

    def restore(response: Response) -> Response:
        app.webhooks = app.before
        return response

    app.before_request(remember)
    app.after_request(restore)


def forgets_one_value(app: StandIn) -> None:
    """Write all but one of the values."""
    change = app.change

    def changes_less(webhook_id: str) -> Any:
        is_active = app.webhooks[webhook_id]["is_active"]
        answer = deepcopy(change(webhook_id))
        app.webhooks[webhook_id]["is_active"] = is_active
        return answer

    app.webhooks[next(iter(app.webhooks))]["is_active"] = False
    app.view_functions["change"] = changes_less
