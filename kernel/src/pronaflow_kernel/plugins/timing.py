"""How often the code of a plugin is called, how long that takes, how often it fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log2
from threading import Lock
from typing import Any

_STEPS = 4
"""Steps of the histogram for each doubling of the time, so that a figure is right to 19 percent."""


@dataclass(slots=True)
class Timing:
    """Calls of one hook or subscriber of one plugin.

    Arguments:
        calls: that were made; failures: among them.
        last_error: of the latest failure, in words.
        steps: calls by step of the logarithm of their microseconds.
    """

    calls: int = 0
    failures: int = 0
    last_error: str | None = None
    steps: Counter[int] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def note(self, seconds: float, error: str | None = None) -> None:
        """Count a call.

        Arguments:
            seconds: it took.
            error: how it failed, in words; None if it did not.
        """
        step = int(log2(max(seconds * 1e6, 1.0)) * _STEPS)
        with self._lock:
            self.calls += 1
            self.steps[step] += 1
            if error is not None:
                self.failures += 1
                self.last_error = error

    @property
    def p95_ms(self) -> float | None:
        """Milliseconds that 95 percent of the calls stayed below; None before the first call."""
        wanted = 0.95 * self.calls
        seen = 0
        for step in sorted(self.steps):
            seen += self.steps[step]
            if seen >= wanted:
                return round(2 ** ((step + 1) / _STEPS) / 1000, 3)
        return None

    def data(self) -> dict[str, Any]:
        """As JSON data, for `merged`."""
        with self._lock:
            return {
                "calls": self.calls,
                "failures": self.failures,
                "last_error": self.last_error,
                "steps": {str(step): count for step, count in self.steps.items()},
            }


def merged(parts: Iterable[Mapping[str, Any]]) -> Timing:
    """One timing of several processes' `data()`."""
    whole = Timing()
    for part in parts:
        whole.calls += part["calls"]
        whole.failures += part["failures"]
        whole.last_error = part["last_error"] or whole.last_error
        whole.steps.update({int(step): count for step, count in part["steps"].items()})
    return whole
