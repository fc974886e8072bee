"""Errors in another shape than the seed's envelope, below the path of an API of another tradition."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response

from ..attribution import attributed
from ..errors import KernelError

log = logging.getLogger("pronaflow.web")


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """How errors look below a path.

    Arguments:
        prefix: of the path, e.g. `/v1/`.
        render: from an error and the present to the answer.
    """

    prefix: str
    render: Callable[[KernelError, datetime], Response]

    def answer(self, plugin_id: str, error: KernelError, now: datetime) -> Response | None:
        """The error in this shape; None where the plugin's code fails, which must not hide the error.

        Arguments:
            plugin_id: whose shape it is.
        """
        try:
            rendered: Any = attributed(plugin_id, self.render)(error, now)
            if isinstance(rendered, Response):
                return rendered
            log.error("the error format of plugin %s answers %s", plugin_id, type(rendered).__name__)
        except Exception:
            log.exception("the error format of plugin %s failed", plugin_id)
        return None
