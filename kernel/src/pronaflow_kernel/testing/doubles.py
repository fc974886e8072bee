"""Doubles of services: what a test says in place of another plugin."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ..plugins.services import methods, signature_faults

if TYPE_CHECKING:
    import pytest

    from ..plugins.services import Services


class Double:
    """Fulfils a Protocol as a test says, and remembers what it was asked.

    Arguments:
        protocol: whose methods it has; calls that do not fit their signatures fail.
        answers: by method: a value, an exception to raise, or a function that is called with the arguments.

    Raises:
        TypeError: it is no Protocol with methods, or an answer does not fit it; every fault is named.
    """

    def __init__(self, protocol: type[Any], answers: Mapping[str, Any]) -> None:
        self._protocol = protocol
        self._answers: dict[str, Any] = {}
        if not getattr(protocol, "_is_protocol", False) or not methods(protocol):
            raise TypeError(f"{protocol.__name__} is no typing.Protocol with methods")
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Method and arguments by name of each call, in order; defaults of the Protocol filled in."""
        self.service = SimpleNamespace(**{name: self._method(name) for name in methods(protocol)})
        self.answer(**answers)

    def answer(self, **answers: Any) -> None:
        """Say what methods answer from now on."""
        unknown = sorted(answers.keys() - vars(self.service).keys())
        faults = [f"it has no {name}()" for name in unknown]
        functions = {name: given for name, given in answers.items() if _is_function(given)}
        faults += signature_faults(self._protocol, SimpleNamespace(**{**vars(self.service), **functions}))
        if faults:
            raise TypeError(f"a double of {self._protocol.__name__} cannot be had: {'; '.join(faults)}")
        self._answers.update(answers)

    def called(self, method: str) -> list[dict[str, Any]]:
        """The arguments of each call of a method, in order.

        Raises:
            ValueError: the Protocol has no such method.
        """
        if not hasattr(self.service, method):
            raise ValueError(f"{self._protocol.__name__} has no method {method}")
        return [arguments for name, arguments in self.calls if name == method]

    def publish(self, services: Services, patch: pytest.MonkeyPatch) -> None:
        """Let plugins find it until the patch is undone.

        Where a plugin publishes the real service, the double is there while that plugin is on.
        """
        owner = services._published.get(self._protocol, (None, None))[0]
        patch.setitem(services._published, self._protocol, (owner, self.service))

    def _method(self, name: str) -> Callable[..., Any]:
        whole = inspect.signature(getattr(self._protocol, name))
        signature = whole.replace(parameters=list(whole.parameters.values())[1:])

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            self.calls.append((name, dict(bound.arguments)))
            if name not in self._answers:
                asked = self._protocol.__name__
                tell = f"service_double({asked}, {name}=...)"
                raise AssertionError(f"{asked}.{name}() was called and its double has no answer: {tell}")
            answer = self._answers[name]
            if isinstance(answer, BaseException):
                raise answer
            return answer(*args, **kwargs) if _is_function(answer) else answer

        call.__name__ = name
        call.__signature__ = signature  # type: ignore[attr-defined]
        return call


def _is_function(answer: Any) -> bool:
    return callable(answer) and not isinstance(answer, type)
