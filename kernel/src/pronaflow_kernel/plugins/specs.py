"""Hook specifications as data: what a hook is called with, what an answer does, since when and until when."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from packaging.version import InvalidVersion, Version

from .markers import HISTORY, History

KERNEL = "kernel"
"""Owner of the kernel's own specs, beside the ids of plugins."""

FIRST = "1.0"
"""The first version of the kernel's contract."""


class SpecError(ValueError):
    """Specifications that no contract can be made of; the message names every fault."""


@dataclass(frozen=True, slots=True)
class Semantics:
    """What the prefix of a hook's name promises.

    Arguments:
        asked: when, of whom, and on which thread.
        answer: what becomes of an answer.
        failure: what becomes of an error that is no refusal.
    """

    asked: str
    answer: str
    failure: str


_BREAKER = (
    "Five failures within 60 seconds open the breaker: the plugin is `degraded`, not asked for 30 seconds. "
    "A call that takes longer than `plugins.slow_hook_ms` counts as a failure."
)

PREFIXES = {
    "provide": Semantics(
        "While the server is put together, in the order in which plugins start, on the thread that does it. "
        "Again when another plugin fails, since everything is then put together anew without that one. A "
        "plugin that is switched off is asked, too: it can be switched on at any time.",
        "Taken into the server as it is, after checks.",
        "What raises marks its plugin as failed, with phase, words and traceback; all others are served.",
    ),
    "pick": Semantics(
        "While the server runs, of every plugin that is on, in order of start, on the thread of the request.",
        "The first answer that is not None counts; nobody is asked after it.",
        "Refuses the request with 503 `PLUGIN_FAILED`, with the plugin named; there is no breaker.",
    ),
    "check": Semantics(
        "While the server runs, of every plugin that is on, in order of start, on the thread of the request.",
        "Return to consent, raise to refuse: one refusal refuses.",
        "Refuses the request with 503 `PLUGIN_FAILED`, with the plugin named: an unheard objection must not "
        "become consent. For the same reason there is no breaker.",
    ),
    "extend": Semantics(
        "While the server runs, of every plugin that is on, in order of start, on the thread of the request; "
        "once a page and never once a row.",
        "Added to what is shown, apart from what others add.",
        f"Logged, and its addition left out. {_BREAKER}",
    ),
    "collect": Semantics(
        "While the server runs, of every plugin that is on, in order of start, on the thread that collects.",
        "Gathered beside the answers of the others.",
        f"Logged, and its answer left out. {_BREAKER}",
    ),
    "erase": Semantics(
        "While the server runs, of every plugin that is on, in order of start, on the thread that erases.",
        "None; the hook acts, in the transaction that it is given.",
        "Stops the erasure, and nothing of it is kept: what is left of a person must not pass for erased.",
    ),
}
"""By the part of a hook's name before the first underscore."""

EXCEPTIONS = {
    "pick_rate_limit": Semantics(
        "While the server runs, once a request, of every plugin that is on, in order of start until one "
        "answers, on the thread of the request.",
        "The first answer that is not None counts; nobody is asked after it.",
        f"Logged, and the next plugin is asked; after the last one the user's limit holds. {_BREAKER}",
    ),
}
"""Hooks of the kernel that promise something else than their prefix."""

_LEFT_OUT = ("extend", "collect")
"""Prefixes of hooks whose failures leave out an answer."""


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a hook.

    Arguments:
        name: implementations that want it use the same.
        type: as written in the specification.
        deprecated: `VERSION: advice`; it goes with the next major version. None for one that stays.
    """

    name: str
    type: str
    deprecated: str | None = None


@dataclass(frozen=True, slots=True)
class Spec:
    """The specification of a hook.

    Arguments:
        name: of the hook; its prefix tells the semantics.
        owner: `kernel`, or the id of the plugin that publishes it.
        arguments: in order; new ones are only ever appended.
        returns: type of an answer, as written.
        since: version that brought it; None for the first version of a plugin.
        deprecated: `VERSION: advice`; None if it may be implemented.
        removed_in: version that will be without it.
        doc: for who implements it.
    """

    name: str
    owner: str
    arguments: tuple[Argument, ...]
    returns: str
    since: str | None = None
    deprecated: str | None = None
    removed_in: str | None = None
    doc: str = ""

    @property
    def prefix(self) -> str:
        """`check` of `check_change`."""
        return self.name.partition("_")[0]

    @property
    def semantics(self) -> Semantics:
        """What the prefix promises, or the hook itself where it is an exception."""
        exception = EXCEPTIONS.get(self.name) if self.owner == KERNEL else None
        return exception or PREFIXES[self.prefix]

    @property
    def may_be_left_out(self) -> bool:
        """Whether a failure leaves out an answer and refuses nothing, so that a breaker may open."""
        return self.prefix in _LEFT_OUT or (self.owner == KERNEL and self.name in EXCEPTIONS)

    @property
    def signature(self) -> str:
        """As Python code, without `self`."""
        arguments = ", ".join(f"{argument.name}: {argument.type}" for argument in self.arguments)
        return f"def {self.name}({arguments}) -> {self.returns}"

    def deprecations(self, taken: Collection[str]) -> list[str]:
        """What is deprecated for an implementation that takes these arguments, a sentence each."""
        gone = f"; it goes in {self.removed_in}" if self.removed_in else ""
        whole = [f"{self.name} is deprecated since {self.deprecated}{gone}"] if self.deprecated else []
        return whole + [
            f"the argument {each.name} of {self.name} is deprecated since {each.deprecated}"
            for each in self.arguments
            if each.deprecated is not None and each.name in taken
        ]


def kernel_specs() -> dict[str, Spec]:
    """The kernel's own specs by name, in the order of the contract."""
    from .. import hookspecs

    return read(hookspecs, KERNEL)


def read(namespace: ModuleType | type[Any], owner: str, taken: Collection[str] = ()) -> dict[str, Spec]:
    """The specs in a module or a class by name, in the order in which they are written.

    Arguments:
        namespace: holds functions marked with `@hookspec`.
        owner: `kernel`, or the id of the plugin that publishes them.
        taken: names of the hooks that exist already.

    Raises:
        SpecError: with every fault of every spec.
    """
    functions = dict(_marked(namespace))
    if not functions:
        where = getattr(namespace, "__name__", repr(namespace))
        raise SpecError(f"{where} specifies no hook: mark its functions with @hookspec")
    faults = [
        f"{name} {fault}" for name, function in functions.items() for fault in _faults(name, function, taken)
    ]
    if faults:
        raise SpecError("; ".join(faults))
    return {name: _spec(name, owner, function) for name, function in functions.items()}


def warn(plugin_id: str, spec: Spec, method: Callable[..., Any]) -> None:
    """Warn the author of an implementation, at its own line, of what it uses that is deprecated."""
    code = inspect.unwrap(method).__code__
    for words in spec.deprecations(inspect.signature(method).parameters):
        text = f"plugin {plugin_id}: {words}"
        warnings.warn_explicit(text, DeprecationWarning, code.co_filename, code.co_firstlineno)


def _marked(namespace: ModuleType | type[Any]) -> list[tuple[str, FunctionType]]:
    """The marked functions as pluggy finds them; a class may have them as methods or static methods."""
    found = []
    for name in dir(namespace):
        value = inspect.getattr_static(namespace, name)
        function = getattr(value, "__func__", value)
        if isinstance(function, FunctionType) and hasattr(function, HISTORY):
            found.append((name, function))
    return sorted(found, key=lambda pair: pair[1].__code__.co_firstlineno)


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    """The parameters but for the `self` of a method."""
    parameters = list(inspect.signature(function).parameters.values())
    return parameters[1:] if parameters and parameters[0].name in ("self", "cls") else parameters


def _faults(name: str, function: FunctionType, taken: Collection[str]) -> Iterator[str]:
    if not re.fullmatch(f"({'|'.join(PREFIXES)})_[a-z][a-z0-9_]*", name):
        yield f"starts with none of the prefixes {', '.join(f'{prefix}_' for prefix in PREFIXES)}"
    if name in taken:
        yield "exists already; hooks of all plugins share their names, so choose another"
    if not inspect.getdoc(function):
        yield "has no docstring; say when it is asked and what to answer"
    parameters = _parameters(function)
    for parameter in parameters:
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.default is not parameter.empty:
            written = parameter.replace(annotation=parameter.empty)
            yield f"takes {written}, but a hook has plain arguments without defaults, passed by name"
    bare = [parameter.name for parameter in parameters if parameter.annotation is parameter.empty]
    if bare:
        yield f"has no type for {', '.join(bare)}"
    if "return" not in function.__annotations__:
        yield "has no type for what it returns"
    yield from _history_faults(getattr(function, HISTORY), {parameter.name for parameter in parameters})


def _history_faults(history: History, arguments: Collection[str]) -> Iterator[str]:
    for what, version in (("since", history.since), ("removed_in", history.removed_in)):
        if version is not None and _version(version) is None:
            yield f"has {what}={version!r}, which is no version such as '1.2'"
    for words in filter(None, (history.deprecated, *history.deprecated_arguments.values())):
        if deprecated_since(words) is None or not words.partition(":")[2].strip():
            yield f"is deprecated with {words!r} instead of a version and advice, '1.2: use check_change'"
    if unknown := sorted(history.deprecated_arguments.keys() - set(arguments)):
        yield f"deprecates {', '.join(unknown)}, which it does not take"
    if history.removed_in is not None:
        last, start = _version(history.removed_in), deprecated_since(history.deprecated or "")
        if start is None or (last is not None and last <= start):
            yield f"goes in {history.removed_in} without having been deprecated in a version before"


def _spec(name: str, owner: str, function: FunctionType) -> Spec:
    history: History = getattr(function, HISTORY)
    return Spec(
        name=name,
        owner=owner,
        arguments=tuple(
            Argument(each.name, _text(each.annotation), history.deprecated_arguments.get(each.name))
            for each in _parameters(function)
        ),
        returns=_text(function.__annotations__["return"]),
        since=history.since or (FIRST if owner == KERNEL else None),
        deprecated=history.deprecated,
        removed_in=history.removed_in,
        doc=inspect.getdoc(function) or "",
    )


def _text(annotation: Any) -> str:
    """An annotation as written; with `from __future__ import annotations` it is text already."""
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def deprecated_since(words: str) -> Version | None:
    """The version in `1.2: use check_change`; None where none stands."""
    return _version(words.partition(":")[0])


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
