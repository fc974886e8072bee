"""Errors in another shape than the seed's envelope, below the path of an API of another tradition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Response

from ..errors import KernelError


@dataclass(frozen=True, slots=True)
class ErrorFormat:
    """How errors look below a path.

    Arguments:
        prefix: of the path, e.g. `/v1/`.
        render: from an error and the present to the answer.
    """

    prefix: str
    render: Callable[[KernelError, datetime], Response]
