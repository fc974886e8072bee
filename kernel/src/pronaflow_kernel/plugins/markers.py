"""The two marks of the contract: a hook is specified with `@hookspec` and implemented with `@hookimpl`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

import pluggy

F = TypeVar("F", bound=Callable[..., Any])

PROJECT = "pronaflow"
HISTORY = f"{PROJECT}_history"
"""The attribute of a marked function that holds its `History`."""

hookimpl = pluggy.HookimplMarker(PROJECT)

_pluggys = pluggy.HookspecMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class History:
    """What `@hookspec` was told; see there."""

    since: str | None = None
    deprecated: str | None = None
    removed_in: str | None = None
    deprecated_arguments: Mapping[str, str] = field(default_factory=dict)


@overload
def hookspec(function: F) -> F: ...


@overload
def hookspec(
    *,
    since: str | None = None,
    deprecated: str | None = None,
    removed_in: str | None = None,
    deprecated_arguments: Mapping[str, str] | None = None,
) -> Callable[[F], F]: ...


def hookspec(
    function: F | None = None,
    *,
    since: str | None = None,
    deprecated: str | None = None,
    removed_in: str | None = None,
    deprecated_arguments: Mapping[str, str] | None = None,
) -> F | Callable[[F], F]:
    """Mark a function as the specification of a hook; `specs.read` says what it must look like.

    Versions are those of the contract of whoever publishes the hook: of the kernel `API_VERSION`, of a plugin
    the version of its distribution. Who implements what is deprecated gets a `DeprecationWarning` when the
    server is put together. pluggy's own (`warn_on_impl`) would point at the guard, which stands around each
    implementation, and could not tell which arguments that takes.

    Arguments:
        since: version that brought the hook; None for the first one.
        deprecated: version since when it should no longer be implemented, and what instead:
            `"1.2: use check_change"`.
        removed_in: version that will be without it.
        deprecated_arguments: the same as `deprecated` for single arguments, by name; these go with the next
            major version.
    """

    def mark(function: F) -> F:
        history = History(since, deprecated, removed_in, dict(deprecated_arguments or {}))
        setattr(function, HISTORY, history)
        return _pluggys(function, firstresult=function.__name__.startswith("pick_"))

    return mark if function is None else mark(function)
