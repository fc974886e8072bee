"""Compares an answer with a printed example: every documented key is there, at any depth, with its type.

Types are read off the example: ``"task_uuid"`` asks for an id, ``"2026-02-03T10:30:00Z"`` for a time. Keys
that the example does not have are welcome; ``null`` is not, unless the allow list names the place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

_ID = re.compile(r"(\w+_)?uuid(_?\d+)?|\w+_id")
_NAMES = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    dict: "an object",
    list: "a list",
}


@dataclass(frozen=True)
class Allowed:
    """What an endpoint may answer beyond its example, by place ("data[].read_at") with the reason in words.

    ``null``: places that hold null where the key does not apply. ``varies``: objects whose keys follow the
    data, such as the payload of an event. In a list, one element at least must still be as printed.
    """

    null: Mapping[str, str] = field(default_factory=dict)
    varies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Sometimes:
    """A key of some elements of a printed list: present in all answers, null where it does not apply."""

    example: Any


def problems(
    example: Any, actual: Any, allowed: Allowed | None = None, *, filtered: bool = False
) -> list[str]:
    """Say in words, one sentence a place, where ``actual`` departs from ``example``.

    An answer to a filter (``filtered``) may have no ``data`` and need not have the printed kind of it.
    """
    comparison = _Comparison(allowed or Allowed(), filtered)
    comparison.compare(example, actual, "")
    return comparison.result()


def is_id(text: Any) -> bool:
    """Whether a printed value stands for an id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


class _Comparison:
    def __init__(self, allowed: Allowed, filtered: bool) -> None:
        self.allowed = allowed
        self.filtered = filtered
        self.found: list[str] = []
        self.as_printed: dict[str, bool] = {}  # of the places that may depart: whether an element did not

    def result(self) -> list[str]:
        never = [] if self.filtered else [place for place, seen in self.as_printed.items() if not seen]
        return self.found + [f"{place} is in no element as printed" for place in never]

    def compare(self, example: Any, actual: Any, place: str) -> None:
        if isinstance(example, _Sometimes) or _unnumbered(place) in self.allowed.null:
            self._note(place, actual is not None)
            if actual is not None:
                inner = example.example if isinstance(example, _Sometimes) else example
                self._compare_present(inner, actual, place)
        else:
            self._compare_present(example, actual, place)

    def _note(self, place: str, as_printed: bool) -> None:
        general = _unnumbered(place)
        if "[]" in general:
            self.as_printed[general] = self.as_printed.get(general, False) or as_printed

    def _compare_present(self, example: Any, actual: Any, place: str) -> None:
        if isinstance(example, dict) and isinstance(actual, dict):
            self._compare_object(example, actual, place)
        elif isinstance(example, list) and isinstance(actual, list):
            self._compare_list(example, actual, place)
        elif not _fits(example, actual):
            shown = "null" if actual is None else repr(actual)[:80]
            self.found.append(f"{place or 'the body'} is {shown}, expected {_expected(example)}")

    def _compare_object(self, example: dict[str, Any], actual: dict[str, Any], place: str) -> None:
        if _unnumbered(place) in self.allowed.varies:
            inner = _Comparison(Allowed(self.allowed.null), self.filtered)
            inner._compare_keys(example, actual, place)
            self._note(place, not inner.found)
        else:
            self._compare_keys(example, actual, place)

    def _compare_keys(self, example: dict[str, Any], actual: dict[str, Any], place: str) -> None:
        for key, value in example.items():
            inner = f"{place}.{key}".lstrip(".")
            if key in actual:
                self.compare(value, actual[key], inner)
            else:
                self.found.append(f"{inner} is missing")

    def _compare_list(self, example: list[Any], actual: list[Any], place: str) -> None:
        if example and not actual and not (self.filtered and place == "data"):
            self.found.append(f"{place} is empty, so that nothing is proved about its elements")
        for number, element in enumerate(actual if example else ()):
            self.compare(_element(example), element, f"{place}[{number}]")


def _element(examples: list[Any]) -> Any:
    """One example for all elements of a list: the keys of all printed ones together."""
    if not all(isinstance(element, dict) for element in examples):
        return examples[0]
    together = {key: value for element in reversed(examples) for key, value in element.items()}
    return {
        key: value if all(key in element for element in examples) else _Sometimes(value)
        for key, value in together.items()
    }


def _unnumbered(place: str) -> str:
    return re.sub(r"\[\d+\]", "[]", place)


def _fits(example: Any, actual: Any) -> bool:
    if isinstance(example, bool) or isinstance(actual, bool):
        return isinstance(example, bool) and isinstance(actual, bool)
    if isinstance(example, (int, float)):
        return isinstance(actual, (int, float))
    if isinstance(example, str) and isinstance(actual, str):
        form = _form(example)
        return form is None or _holds(form[1], actual)
    return example is None


def _expected(example: Any) -> str:
    form = _form(example) if isinstance(example, str) else None
    return form[0] if form else _NAMES[type(example)]


def _form(example: str) -> tuple[str, Callable[[str], bool]] | None:
    """What a printed text stands for beyond being text, with the check that an answer must pass."""
    forms = (
        ("an id", is_id, _is_uuid),
        ("a time in UTC that ends in Z", _is_utc, _is_utc),
        ("a date", _is_date, _is_date),
        ("a time of day", _is_clock, _is_clock),
    )
    return next(((name, check) for name, stands_for, check in forms if _holds(stands_for, example)), None)


def _holds(check: Callable[[str], bool], text: str) -> bool:
    try:
        return check(text)
    except ValueError:
        return False


def _is_uuid(text: str) -> bool:
    return str(UUID(text)) == text


def _is_utc(text: str) -> bool:
    return bool(re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d+)?Z", text) and datetime.fromisoformat(text))


def _is_date(text: str) -> bool:
    return len(text) == 10 and bool(date.fromisoformat(text))


def _is_clock(text: str) -> bool:
    return re.fullmatch(r"\d\d:\d\d", text) is not None and time.fromisoformat(text) is not None
