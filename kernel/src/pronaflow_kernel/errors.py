"""Everything the kernel and its plugins raise towards a caller, each with its HTTP status and code.

Codes and statuses are those of the first seed ("Error Handling"); codes for statuses the seed does not
name (405, 412, 413, 415, 416, 431, 503) are chosen in its manner. The web layer renders these; nothing else
does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any


class KernelError(Exception):
    """Base of every error that carries an answer for the caller.

    Arguments:
        message: one sentence for a person.
        details: further JSON data placed under `error.details`.
        headers: HTTP headers of the answer, e.g. `Retry-After` (seconds).
    """

    status = 500
    code = "INTERNAL_ERROR"
    default_message = "Internal error"

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message or self.default_message)
        self.message = message or self.default_message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class InvalidRequest(KernelError):
    """Not JSON, a bad combination of parameters, an illegal transition (400)."""

    status, code, default_message = 400, "INVALID_REQUEST", "Invalid request"


class Unauthorized(KernelError):
    """No credential, or one that is not accepted (401)."""

    status, code, default_message = 401, "UNAUTHORIZED", "Missing or invalid token"

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.headers.setdefault("WWW-Authenticate", "Bearer")


class Forbidden(KernelError):
    """The caller may see the thing but not do this to it (403)."""

    status, code, default_message = 403, "FORBIDDEN", "You may not do this"


class NotFound(KernelError):
    """The thing does not exist, or the caller may not see it: the two look alike on purpose (404)."""

    status, code, default_message = 404, "NOT_FOUND", "Not found"


class Conflict(KernelError):
    """The state of the thing does not allow this now, or it exists already (409)."""

    status, code, default_message = 409, "CONFLICT", "Conflict"


class PreconditionFailed(KernelError):
    """`If-Match` names another version than the stored one (412)."""

    status, code, default_message = 412, "PRECONDITION_FAILED", "The resource was changed meanwhile"


class PayloadTooLarge(KernelError):
    """The body is larger than the route accepts (413)."""

    status, code, default_message = 413, "PAYLOAD_TOO_LARGE", "The request body is too large"


class UnsupportedMediaType(KernelError):
    """The body is not of a content type that the route reads (415)."""

    status, code, default_message = 415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json"


class RangeNotSatisfiable(KernelError):
    """The part of a file that is asked for is not there (416)."""

    status, code, default_message = 416, "RANGE_NOT_SATISFIABLE", "The file has no such part"


class HeadersTooLarge(KernelError):
    """The headers are larger than the server reads (431)."""

    status, code, default_message = 431, "HEADERS_TOO_LARGE", "The headers are too large"


class RateLimited(KernelError):
    """Too many requests or failed attempts (429)."""

    status, code, default_message = 429, "RATE_LIMITED", "Too many requests"


class ServiceUnavailable(KernelError):
    """Something the answer needs is away or busy (503)."""

    status, code, default_message = 503, "SERVICE_UNAVAILABLE", "Try again shortly"


class PluginFailed(KernelError):
    """A plugin that has a say in this request raised instead of answering (503)."""

    status, code, default_message = 503, "PLUGIN_FAILED", "A plugin failed"


class PluginDisabled(KernelError):
    """The route belongs to a plugin that is switched off (404)."""

    status, code, default_message = 404, "PLUGIN_DISABLED", "This plugin is switched off"


class CapabilityDenied(KernelError):
    """A plugin does what its manifest does not say (500): a defect, whose words are for the log."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the input.

    Arguments:
        field: dotted path in the body or the query, e.g. `emails.3`.
        message: what is wrong, in words.
        code: a short machine-readable reason.
    """

    field: str
    message: str
    code: str = "invalid"


MAX_PROBLEMS = 100
"""How many faults an answer names; an answer must not be larger than what it answers."""


class ValidationFailed(KernelError):
    """Body or query fail the schema or a rule (422); every field at fault is named."""

    status, code, default_message = 422, "VALIDATION_ERROR", "Validation failed"

    def __init__(self, problems: Iterable[Problem], message: str | None = None) -> None:
        self.problems = list(islice(problems, MAX_PROBLEMS))
        first = self.problems[0]
        super().__init__(
            message,
            details={
                "field": first.field,
                "reason": first.message,
                "errors": [{"field": p.field, "message": p.message, "code": p.code} for p in self.problems],
            },
        )


def invalid(field: str, message: str, code: str = "invalid") -> ValidationFailed:
    """The 422 for a single field."""
    return ValidationFailed([Problem(field, message, code)])


class StaleRow(Exception):
    """A row changed between its load and its update; the web layer runs the request again."""
