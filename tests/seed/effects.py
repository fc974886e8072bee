"""Repeated read: what was written is in the answer afterwards, and was not before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .case import Case, Effect, gone, records
from .client import Answer
from .contract import Endpoint


def effect_problems(
    endpoint: Endpoint, case: Case, effect: Effect, before: Answer, after: Answer
) -> Iterator[str]:
    """Compare the read before a write with the same read after it."""
    label = f"GET {effect.path}"
    removed = gone(endpoint, effect)
    written = _written(endpoint, case, effect)
    if not removed and not written:
        yield "the case declares nothing that the repeated read must prove"
    if before.status != 200:
        yield f"{label} answers {before.status} before the write, expected 200"
    if after.status != 200 and not (removed and not written and after.status == 404):
        yield f"{label} answers {after.status} after the write, expected 200"
        return
    for name in removed:
        yield from _removal_problems(label, name, case.bindings[name], before, after)
    if written and any(_holds(record, written) for record in records(before)):
        yield f"{label} shows the values before they are written, so that it proves nothing"
    elif written and not any(_holds(record, written) for record in records(after)):
        yield f"write without effect: {label} has no record with {written}"


def _written(endpoint: Endpoint, case: Case, effect: Effect) -> dict[str, Any]:
    sent = case.request(endpoint.request) or {}
    return {key: value for key, value in sent.items() if key not in effect.unseen} | dict(effect.shows)


def _removal_problems(label: str, name: str, value: str, before: Answer, after: Answer) -> Iterator[str]:
    if value.encode() not in before.body:
        yield f"{label} does not show {name} before the write, so that it proves nothing"
    if after.status == 200 and value.encode() in after.body:
        yield f"write without effect: {label} still shows {name}"


def _holds(actual: Any, wanted: Any) -> bool:
    """Whether ``actual`` has at least the keys and exactly the values of ``wanted``."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            key in actual and _holds(actual[key], value) for key, value in wanted.items()
        )
    return bool(actual == wanted) and isinstance(actual, bool) == isinstance(wanted, bool)
