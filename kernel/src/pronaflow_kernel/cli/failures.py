"""What goes wrong, as words and an exit code instead of a traceback.

Errors are told apart by the names of their classes, because importing the classes would make every command
as slow as the slowest one. What is not listed here is a mistake in the code and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from http import HTTPStatus
from typing import Any

import click


class ExitCode(IntEnum):
    """The exit codes of `pronaflow`; scripts rely on them."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PORT_IN_USE = 3
    SETTINGS = 4
    START_REFUSED = 5
    MIGRATION = 6
    DATABASE = 7


EXIT_CODES = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "refused or failed, see the message",
    ExitCode.USAGE: "unknown command or option",
    ExitCode.PORT_IN_USE: "another process listens on the port",
    ExitCode.SETTINGS: "mistakes in the settings",
    ExitCode.START_REFUSED: "the server must not start as things are",
    ExitCode.MIGRATION: "a migration failed or cannot run",
    ExitCode.DATABASE: "the database cannot be reached",
}
"""What each code means, as `pronaflow --help` shows it."""


class Failure(click.ClickException):
    """The end of a command, with words for a person.

    Arguments:
        message: what went wrong and what to do.
        exit_code: one of `ExitCode`.
    """

    def __init__(self, message: str, exit_code: int = ExitCode.FAILED) -> None:
        super().__init__(message)
        self.exit_code = int(exit_code)  # type: ignore[misc] # click reads it from the instance


def failure_of(error: Exception) -> Failure | None:
    """The failure that an error means to an operator; None for one that nobody foresaw."""
    for cls in type(error).__mro__:
        known = KNOWN.get(f"{cls.__module__}.{cls.__qualname__}")
        if known is not None:
            code, words = known
            message = words(error)
            return None if message is None else Failure(message, code)
    return None


def unknown_plugin(plugin_id: str, known: Any) -> Failure:
    """The failure for an id that no installed plugin has, with the nearest one that has."""
    from difflib import get_close_matches

    near = get_close_matches(plugin_id, sorted(known), n=1)
    if near:
        return Failure(f"No plugin {plugin_id!r} is installed; did you mean {near[0]!r}?")
    return Failure(f"No plugin {plugin_id!r} is installed; there are: {', '.join(sorted(known)) or 'none'}")


def _settings(error: Any) -> str:
    count = len(error.problems)
    return "\n".join([f"{count} mistake{'s' * (count > 1)} in the settings:", *map(str, error.problems)])


def refusal(error: Any) -> str | None:
    """A `KernelError` in words, of a validation every field; None for one without an answer (500)."""
    if error.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    found = [f"  {each['field']}: {each['message']}" for each in error.details.get("errors", ())]
    return "\n".join([error.message, *found])


def _database(error: Any) -> str:
    return f"The database cannot be used: {error.orig}"


def _module(error: Any) -> str | None:
    if error.name != "psycopg":
        return None
    return "PostgreSQL needs a driver: pip install 'pronaflow-kernel[postgres]'"


def _system(error: Any) -> str | None:
    """An operating system error; a closed pipe is left to click, which ends quietly."""
    if isinstance(error, BrokenPipeError):
        return None
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


KNOWN: dict[str, tuple[ExitCode, Callable[[Any], str | None]]] = {
    "pronaflow_kernel.web.server.PortInUse": (ExitCode.PORT_IN_USE, str),
    "pronaflow_kernel.settings.problems.SettingsError": (ExitCode.SETTINGS, _settings),
    "pronaflow_kernel.assembly.StartRefused": (ExitCode.START_REFUSED, str),
    "pronaflow_kernel.persistence.chains.MigrationError": (ExitCode.MIGRATION, str),
    "pronaflow_kernel.persistence.bundles.BundleError": (ExitCode.FAILED, str),
    "pronaflow_kernel.errors.KernelError": (ExitCode.FAILED, refusal),
    "sqlalchemy.exc.OperationalError": (ExitCode.DATABASE, _database),
    "builtins.ModuleNotFoundError": (ExitCode.FAILED, _module),
    "builtins.OSError": (ExitCode.FAILED, _system),
}
"""Full name of a class of errors to its exit code and what puts it into words."""
