"""What other plugins may import from personalization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from pronaflow_kernel.api import Reader


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit of the pages has found.

    Arguments:
        level: the highest level of WCAG of which every criterion that was tried is met.
        standard: what was tried, such as `WCAG 2.1`.
        measured_at: when.
    """

    level: Literal["A", "AA", "AAA"]
    standard: str
    measured_at: datetime


class AccessibilityAudits(Protocol):
    """What the plugin of the pages publishes: how accessible they were when that was last measured."""

    def latest(self, reader: Reader) -> Audit | None:
        """The last audit; None where nothing was measured."""
        ...
