"""The one place where plugin code is called: it attributes, switches off, times, isolates and gives up.

What a failure does is told by the prefix of the hook (architecture.md 4):

- `provide_*` raises through to the assembly, which marks the culprit.
- `pick_*`, `check_*` and `erase_*` refuse: an unheard objection must not become consent, and what is left of
  a person must not pass for erased.
- `extend_*` and `collect_*` are left out and logged; after repeated failures a breaker leaves them alone. So
  is `pick_rate_limit`, without which the user's limit holds.

Routes, subscribers, commands and health checks raise to their callers, each with an answer of its own.
"""

from __future__ import annotations

import functools
import inspect
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from ..access.principal import Principal
from ..attribution import CURRENT_PLUGIN, contained, deferral
from ..clock import Clock
from ..errors import KernelError, PluginFailed, StaleRow
from ..records.policy import TrashPolicy
from ..web.limits.rate import RateLimit
from .breaker import Breaker, left_alone
from .specs import KERNEL
from .timing import Timing

if TYPE_CHECKING:
    from ..settings.schema import PluginSettings
    from .specs import Spec

log = logging.getLogger("pronaflow.plugins")
trace = logging.getLogger("pronaflow.hooks")

Active = Callable[[str, str | None], bool]
"""From a plugin's id and a workspace, or None, to whether it is on there."""

_PICKED = {
    "pick_principal": Principal,
    "pick_rate_limit": RateLimit,
    "pick_trash_policy": TrashPolicy,
}
"""What the kernel's own `pick_*` hooks answer."""

_SCOPED = ("reader", "uow")
"""Arguments that tell the workspace at hand."""


@dataclass(slots=True)
class _Call:
    """One implementation: what the guard knows of it from registration on.

    Arguments:
        takes: places of the arguments that it takes, among those of the hook.
        scope_at: place of the one that tells the workspace at hand; None where none does.
    """

    plugin_id: str
    spec: Spec
    method: Callable[..., Any]
    takes: list[int]
    scope_at: int | None
    timing: Timing
    breaker: Breaker | None


class Guard:
    """Calls plugin code.

    Arguments:
        active: whether a plugin is on at this moment.
        clock: for the breakers.
        settings: how slow is too slow, and whether each call is logged.
        timer: counts seconds.
    """

    def __init__(
        self,
        active: Active,
        clock: Clock,
        settings: PluginSettings,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._active = active
        self._clock = clock
        self._slow = settings.slow_hook_ms / 1000
        self._traces = settings.trace_hooks
        self._timer = timer
        self.timings: dict[tuple[str, str], Timing] = {}
        """By plugin and hook; subscribers stand under `subscriber <name>`."""
        self.breakers: dict[tuple[str, str], Breaker] = {}

    def wrap(self, plugin_id: str, spec: Spec, method: Callable[..., Any]) -> Callable[..., Any]:
        """An implementation as it is registered: called with all arguments of the hook, by position.

        Arguments:
            spec: of the hook.
            method: the implementation; it may leave out arguments that it does not need.

        Raises:
            TypeError: it asks for an argument that the hook has not, or would not run; the message tells.
        """
        if words := deferral(method):
            raise TypeError(f"{spec.name} {words}")
        known = [each.name for each in spec.arguments]
        takes = [known.index(name) for name in _arguments(plugin_id, spec, method)]
        call = _Call(
            plugin_id,
            spec,
            method,
            takes,
            next((place for place, name in enumerate(known) if name in _SCOPED), None),
            self.timings.setdefault((plugin_id, spec.name), Timing()),
            self.breakers.setdefault((plugin_id, spec.name), Breaker(self._clock))
            if spec.may_be_left_out
            else None,
        )
        run = self._provide if spec.prefix == "provide" else self._ask

        @functools.wraps(method)
        def guarded(*args: Any) -> Any:
            return run(call, args)

        return guarded

    def is_on(self, plugin_id: str, workspace_id: str | None) -> bool:
        """Whether a plugin is on, and with a workspace, whether it is on there too."""
        return self._active(plugin_id, workspace_id)

    @contextmanager
    def watching(self, plugin_id: str, what: str) -> Iterator[None]:
        """Run the block as a plugin and count it; what it raises goes on to the caller.

        Arguments:
            what: it is, as it is counted: `subscriber greet`.
        """
        timing = self.timings.setdefault((plugin_id, what), Timing())
        since = self._timer()
        error: str | None = None
        try:
            with contained(plugin_id):
                yield
        except BaseException as raised:
            error = described(raised)
            raise
        finally:
            self._note(plugin_id, what, timing, self._timer() - since, error)

    def troubles(self, plugin_id: str) -> list[str]:
        """What makes a plugin `degraded`: a sentence for each of its breakers that is not closed."""
        return [
            left_alone(hook, self.timings[owner, hook].last_error)
            for (owner, hook), breaker in self.breakers.items()
            if owner == plugin_id and breaker.state != "closed"
        ]

    def _provide(self, call: _Call, args: tuple[Any, ...]) -> Any:
        with self.watching(call.plugin_id, call.spec.name):
            return call.method(*[args[place] for place in call.takes])

    def _ask(self, call: _Call, args: tuple[Any, ...]) -> Any:
        workspace_id = None if call.scope_at is None else args[call.scope_at].scope.workspace_id
        if not self._active(call.plugin_id, workspace_id):
            return None
        if call.breaker is not None and not call.breaker.lets_through():
            return None
        token, since = CURRENT_PLUGIN.set(call.plugin_id), self._timer()
        error: BaseException | None = None
        answer: Any = None
        try:
            answer = call.method(*[args[place] for place in call.takes])
            _check_answer(call.spec, answer)
        except KeyboardInterrupt:
            raise
        except BaseException as raised:
            error, answer = raised, None
        finally:
            CURRENT_PLUGIN.reset(token)
        return self._judged(call, answer, error, self._timer() - since)

    def _judged(self, call: _Call, answer: Any, error: BaseException | None, seconds: float) -> Any:
        """The answer, or what the hook's prefix makes of the failure."""
        refusal = _is_refusal(error) and not call.spec.may_be_left_out
        words = None if error is None or refusal else described(error)
        slow = call.breaker is not None and error is None and seconds > self._slow
        if slow:
            words = f"took {seconds * 1000:.0f} ms, more than plugins.slow_hook_ms allows"
        self._note(call.plugin_id, call.spec.name, call.timing, seconds, words)
        if call.breaker is not None:
            self._count(call, call.breaker, words)
        if error is None:
            return answer
        if not refusal:
            log.error("hook %s of plugin %s failed", call.spec.name, call.plugin_id, exc_info=error)
        if call.spec.may_be_left_out:
            return None
        if refusal:
            raise error
        details = {"plugin": call.plugin_id}
        raise PluginFailed(f"The plugin {call.plugin_id} failed", details=details) from error

    def _count(self, call: _Call, breaker: Breaker, failure: str | None) -> None:
        if failure is None:
            breaker.succeeded()
        elif breaker.failed():
            log.warning(
                "plugin %s is degraded: hook %s failed again and again and is left alone for a while: %s",
                call.plugin_id,
                call.spec.name,
                failure,
            )

    def _note(self, plugin_id: str, what: str, timing: Timing, seconds: float, error: str | None) -> None:
        timing.note(seconds, error)
        if self._traces:
            trace.info("%s of %s: %.2f ms, %s", what, plugin_id, seconds * 1000, error or "well")


def _is_refusal(error: BaseException | None) -> bool:
    """Whether an error is meant: an answer for the caller, or a row that somebody else was faster with."""
    return isinstance(error, StaleRow) or (isinstance(error, KernelError) and error.status != 500)


def described(error: BaseException) -> str:
    """An error in words, as reasons show it."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _arguments(plugin_id: str, spec: Spec, method: Callable[..., Any]) -> list[str]:
    """Names of the arguments that an implementation takes.

    Raises:
        TypeError: it takes something that the hook does not pass.
    """
    known = [each.name for each in spec.arguments]
    taken = []
    for parameter in inspect.signature(method).parameters.values():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD or parameter.name not in known:
            passes = f"it passes {', '.join(known)}" if known else "it passes nothing"
            raise TypeError(f"{spec.name} takes {parameter}, which the hook has not: {passes}")
        taken.append(parameter.name)
    return taken


def _check_answer(spec: Spec, answer: Any) -> None:
    """An answer must be what its hook asks for: a mapping that JSON can hold, a principal, a limit.

    Raises:
        TypeError: it is not.
    """
    if answer is None:
        return
    if kind := _PICKED.get(spec.name) if spec.owner == KERNEL else None:
        if not isinstance(answer, kind):
            raise TypeError(f"{spec.name} must answer a {kind.__name__}, not {type(answer).__name__}")
        if isinstance(answer, Principal) and answer.kind == "system":
            raise TypeError(f"{spec.name} answers the system, which no credential stands for")
    # What is collected for a plugin's own hook is as that plugin says.
    if spec.prefix == "extend" or (spec.prefix == "collect" and spec.owner == KERNEL):
        if not isinstance(answer, Mapping):
            raise TypeError(f"{spec.name} must answer a mapping, not {type(answer).__name__}")
        if spec.prefix == "extend":
            orjson.dumps(answer)
