"""Whose code runs: the plugin that the guard has called, or the kernel itself.

Logs name it, capabilities and statistics go by it. It is a note, not a fence: code in the same process can
change it, so what is built on it guards against mistakes and not against hostility.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

CURRENT_PLUGIN: ContextVar[str | None] = ContextVar("pronaflow_plugin", default=None)
"""Id of the plugin whose code runs; None in the kernel."""


class Escape(Exception):
    """Raised in place of what plugin code raised to end the process: `SystemExit` and the like."""

    @classmethod
    def of(cls, error: BaseException) -> Escape:
        """What is raised in place of an error."""
        return cls(f"{type(error).__name__}: {error}, which would end the process")


_PASSING = (Exception, KeyboardInterrupt, GeneratorExit)
"""What plugin code may raise through to its caller; Ctrl-C is the operator's."""


@contextmanager
def acting(plugin_id: str | None) -> Iterator[None]:
    """Run the block as a plugin, or with None as the kernel."""
    token = CURRENT_PLUGIN.set(plugin_id)
    try:
        yield
    finally:
        CURRENT_PLUGIN.reset(token)


@contextmanager
def contained(plugin_id: str) -> Iterator[None]:
    """Run the block as a plugin that cannot end the process or the thread.

    Raises:
        Escape: it tried to. Ctrl-C passes.
    """
    try:
        with acting(plugin_id):
            yield
    except _PASSING:
        raise
    except BaseException as error:
        raise Escape.of(error) from error


def attributed(plugin_id: str | None, function: Callable[P, R]) -> Callable[P, R]:
    """The function, run as a plugin, or with None as the kernel, whoever calls it; see `contained`."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        token = CURRENT_PLUGIN.set(plugin_id)
        try:
            return function(*args, **kwargs)
        except _PASSING:
            raise
        except BaseException as error:
            if plugin_id is None:
                raise
            raise Escape.of(error) from error
        finally:
            CURRENT_PLUGIN.reset(token)

    return call


def as_kernel(function: Callable[P, R]) -> Callable[P, R]:
    """A kernel function that plugins call and that touches kernel tables on their behalf."""
    return attributed(None, function)


def deferral(function: Callable[..., object]) -> str | None:
    """Why calling a function would run nothing of it, in words; None if it runs.

    What a generator or a coroutine does happens later, as whoever takes it up, or never: a question that is
    put to one would be answered by silence.
    """
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        return "is a generator (it has a `yield`), of which nothing runs when it is called"
    if inspect.iscoroutinefunction(function):
        return "is `async`, so that nothing of it runs when it is called"
    return None
