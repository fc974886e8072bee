"""What the server writes about itself: one line a record, for people or for machines, without secrets.

Code logs with the standard library (`logging.getLogger(__name__)`, further fields by `extra=`); this module
decides how records look. Standard logging because everything below us already speaks it, and because
importing structlog takes longer than the rest of the command line.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from .settings import Settings

MASK = "***"
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_bound: ContextVar[Mapping[str, Any]] = ContextVar("pronaflow_log_fields", default=_NOTHING)

_SECRET_WORD = re.compile(
    r"(^|[_-])(password|passwd|token|secret|authorization|cookie|otp|totp|recovery|credential|api[_-]?key|seed)s?"
    r"([_-]|$)|^codes?$|(^|_)(backup|mfa|auth|authorization|verification)_codes?$|^code_verifier$",
    re.IGNORECASE,
)
_SHAPES = (
    # token=..., "password": "...", Authorization: Bearer ...
    (
        re.compile(
            r"(?i)((?:password|passwd|token|secret|secret_key|api[_-]?key|authorization|cookie|otp|code_verifier"
            r"|(?:recovery|backup)_codes?)[\"']?\s*[=:]\s*)(?:(?:bearer|basic)\s+)?"
            r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\[[^\[\]]*\]|[^\s,;&)}\]]+)"
        ),
        rf"\1{MASK}",
    ),
    # code=... of an authenticator app or of an outside provider, and not that of an error
    (
        re.compile(r"(?i)((?<![a-z_-])code[\"']?\s*[=:]\s*[\"']?)(?:\d{6,}|(?=[a-z_-]*\d)[\w.~+/-]{16,})"),
        rf"\1{MASK}",
    ),
    (re.compile(r"\b(Bearer|Basic)\s+(?=\S*\d)[\w.~+/=-]{16,}"), rf"\1 {MASK}"),
    # API tokens, refresh tokens, tokens of devices, JSON web tokens, addresses of authenticator apps
    (re.compile(r"(?<!\w)prona_\w+"), f"prona_{MASK}"),
    (re.compile(r"(?<![\w-])(pr1|pd1)\.[\w.-]+"), rf"\1.{MASK}"),
    (re.compile(r"otpauth://\S+"), f"otpauth://{MASK}"),
    (re.compile(r"(?<![\w-])eyJ[\w-]*\.[\w-]*\.[\w-]*"), MASK),
    # scheme://user:password@host
    (re.compile(r"((?<![\w+.-])[\w+.-]+://[^\s:/@]*:)[^\s/]+@"), rf"\1{MASK}@"),
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_OWN = frozenset({"time", "level", "logger", "message", "exception"})


def bind(**fields: Any) -> Token[Mapping[str, Any]]:
    """Add fields (`request_id`, `plugin`, `user_id`) to records of this thread or task until `release`."""
    return _bound.set({**_bound.get(), **fields})


def release(token: Token[Mapping[str, Any]]) -> None:
    """Take back what the `bind` that gave `token` added."""
    _bound.reset(token)


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """`bind` for the length of a `with` block."""
    token = bind(**fields)
    try:
        yield
    finally:
        release(token)


def request_id() -> str | None:
    """The id of the request whose consequences are being worked out here; None where there is none.

    It is stored beside events and jobs and bound again where they are taken up, so that one id leads from a
    request to everything that it caused.
    """
    found: str | None = _bound.get().get("request_id")
    return found


def configure_logging(settings: Settings) -> None:
    """Send all records to standard error, in the format and from the level of `settings.logs`.

    Calling it again replaces the former configuration; handlers of others stay.
    """
    handler = _Handler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.logs.format == "json" else HumanFormatter())
    root = logging.getLogger()
    for former in [former for former in root.handlers if isinstance(former, _Handler)]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(settings.logs.level.upper())
    # It tells each step of its own set-up; which revisions run is told by whoever runs them.
    logging.getLogger("alembic").setLevel(logging.WARNING)


class _Handler(logging.StreamHandler[Any]):
    """Ours, so that a second configuration finds the first."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line: `time`, `level`, `logger`, `message`, bound and extra fields, `exception`."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        data = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
            **_fields(record),
        }
        if trouble := _trouble(self, record):
            data["exception"] = trouble
        return json.dumps(data, default=str)


class HumanFormatter(logging.Formatter):
    """Time, level, message and fields on one line; a traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line, or several where there is a traceback."""
        message = _escaped(mask(record.getMessage()))
        fields = "".join(f" {name}={_escaped(str(value))}" for name, value in _fields(record).items())
        line = f"{_time(record)} {record.levelname:<7} {record.name}: {message}{fields}"
        trouble = _trouble(self, record)
        # Whose message has several lines shall not look like further records.
        return "\n".join([line, *(f"  {_escaped(each)}" for each in trouble.split("\n") if each)])


def mask(value: Any, name: str = "") -> Any:
    """`value` without secrets, found by the name of the field and by their shape.

    Arguments:
        value: text, or JSON-like data whose text is masked at every depth; other values pass.
        name: the field that holds the value.
    """
    if name and _SECRET_WORD.search(name) and value is not None:
        return MASK
    if isinstance(value, str):
        for pattern, replacement in _SHAPES:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        return {str(key): mask(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [mask(inner) for inner in value]
    return value


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    extra = {name: value for name, value in vars(record).items() if name not in _STANDARD | _OWN}
    return {name: mask(value, name) for name, value in {**_bound.get(), **extra}.items()}


def _time(record: logging.LogRecord) -> str:
    instant = datetime.fromtimestamp(record.created, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _trouble(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    parts = [formatter.formatException(record.exc_info)] if record.exc_info else []
    parts += [formatter.formatStack(record.stack_info)] if record.stack_info else []
    return str(mask("\n".join(parts)))


def _escaped(text: str) -> str:
    """A line of its own: control characters, with which a caller could forge lines, are written out."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)
