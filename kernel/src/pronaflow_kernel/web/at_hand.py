"""What a plugin may learn of the request at hand: how it was answered, and how much of a limit is used up."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from flask import Response, after_this_request, current_app, has_request_context, request

from ..attribution import CURRENT_PLUGIN, attributed
from .limits.rate import RateLimit, Standing

if TYPE_CHECKING:
    from .admission import Admission

log = logging.getLogger("pronaflow.web")

NO_ROUTE = "(none)"
"""Route of a request that no route serves."""

_PART = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Answered:
    """A request that was answered.

    Arguments:
        method: of HTTP.
        route: template of its path as the OpenAPI document has it, `/api/v1/tasks/{task_id}`: in an address
            stands whatever callers like.
        status: of the answer.
    """

    method: str
    route: str
    status: int


def when_answered(note: Callable[[Answered], None]) -> None:
    """Have a function called once the request at hand is answered, whatever the answer is.

    It is called on the thread of the request, before the answer is sent, so that it must be quick. What it
    raises is logged and changes nothing. Outside of a request it is not called.
    """
    if not has_request_context():
        return
    told = attributed(CURRENT_PLUGIN.get(), note)

    def tell(response: Response) -> Response:
        rule = request.url_rule
        route = NO_ROUTE if rule is None else _template(rule.rule)
        try:
            told(Answered(request.method, route, response.status_code))
        except Exception:
            log.exception("a request was answered, and who wanted to know of it failed")
        return response

    after_this_request(tell)


def standing_of(rate: RateLimit) -> Standing | None:
    """Where the callers of a bucket stand, without counting; None outside of a request."""
    if not has_request_context():
        return None
    admission: Admission = current_app.extensions["pronaflow.admission"]
    return admission.look(rate)


@cache
def _template(rule: str) -> str:
    return _PART.sub(r"{\1}", rule)
