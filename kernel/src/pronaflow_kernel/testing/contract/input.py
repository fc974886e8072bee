"""Bad input, sent to each of the plugin's operations."""

from __future__ import annotations

from collections.abc import Iterator

from ..walk import Refusals
from .subject import Subject


def problems(subject: Subject) -> Iterator[str]:
    """Answers to nonsense that are no refusal in words."""
    refusals = Refusals(subject.party("bad"), list(subject.operations.values()))
    return refusals.all(subject.rows)
