"""What values the kinds of custom fields take, and as what they are stored; needs no database."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import orjson

from pronaflow_kernel.api import folded

KINDS = ("text", "number", "select", "multi_select", "date", "checkbox", "url")

WITH_OPTIONS = ("select", "multi_select")
"""Kinds whose values are among the field's options."""

MOST_TEXT = 2_000
"""Characters of a text or an address."""

MOST_NUMBER = 10**15
"""Whole numbers up to here are exact in a float, and sums of a few of them too."""

KEY = 100
"""Characters of `text_key`: so many fit into an index and into a list's cursor on every database."""

_DAYS = (date(1000, 1, 1), date(9998, 12, 31))
"""The first and the last day; beyond them stand the days that sort tasks without a value."""

_CELL = ("choice", "data", "text_key", "number", "day")

Cell = dict[str, Any]
"""A row of `CustomValue` without its ids."""


class UnfitValue(Exception):
    """A value is not one of its field's; `str()` is a sentence for the caller."""


def text_key(text: str) -> str:
    """What a text is found and sorted by.

    Of a long one its beginning and a hash of all: equal where the texts are, in order as far as it goes.
    """
    key = folded(text)
    if len(key) <= KEY:
        return key
    return key[: KEY - 20] + hashlib.sha256(key.encode()).hexdigest()[:20]


def cells(field: Mapping[str, Any], value: Any) -> list[Cell]:
    """What a task stores that has this value for a field; nothing where it is empty.

    Arguments:
        field: its `type` and `options`.
        value: as in a body; dates may be `date`, options are named by id or label.

    Raises:
        UnfitValue: it is no value of the field.
    """
    return [] if value is None else _READERS[field["type"]](field, value)


def shown(found: list[Cell]) -> Any:
    """The value that stored cells of one field stand for; None for none."""
    values = [orjson.loads(cell["data"]) for cell in found]
    return merged(values)


def merged(values: list[Any]) -> Any:
    """One value of the parts of it: of a multi_select each choice is one."""
    if values and isinstance(values[0], list):
        return sorted(choice for part in values for choice in part)
    return values[0] if values else None


def carried_over(field: Mapping[str, Any], other: Mapping[str, Any], found: list[Cell]) -> list[Cell]:
    """What of the stored cells of a field another one takes: all of its type, options by their labels."""
    if field["type"] != other["type"]:
        return []
    if field["type"] not in WITH_OPTIONS:
        return [{name: cell[name] for name in _CELL} for cell in found]
    labels = {each["id"]: each["label"] for each in field["options"]}
    taken = []
    for cell in found:
        label = labels[cell["text_key"]]
        with suppress(UnfitValue):
            taken += cells(other, label if field["type"] == "select" else [label])
    return taken


def option(field: Mapping[str, Any], named: Any) -> tuple[int, str]:
    """Place and id of the option that is named by its id or its label.

    Raises:
        UnfitValue: there is none.
    """
    if isinstance(named, str):
        label = folded(named.strip())
        for place, each in enumerate(field["options"]):
            if named == each["id"] or label == folded(each["label"]):
                return place, each["id"]
    raise UnfitValue("Not one of the field's options.")


def day(value: Any) -> date:
    """A calendar day.

    Raises:
        UnfitValue: it is none, or outside of the years 1000 to 9998.
    """
    try:
        found = value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnfitValue("Not a valid date: write it as 2026-03-09.") from None
    if not _DAYS[0] <= found <= _DAYS[1]:
        raise UnfitValue("Must be in the years 1000 to 9998.")
    return found


def number(value: Any) -> float:
    """A number that is stored.

    Raises:
        UnfitValue: it is none, or too large.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UnfitValue("Not a valid number.")
    if not math.isfinite(value) or abs(value) > MOST_NUMBER:
        raise UnfitValue(f"Must be between -{MOST_NUMBER} and {MOST_NUMBER}.")
    return float(value)


def _cell(value: Any, choice: str = "", **typed: Any) -> Cell:
    blank = {"text_key": None, "number": None, "day": None}
    return {"choice": choice, "data": orjson.dumps(value).decode(), **blank, **typed}


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise UnfitValue("Not a valid string.")
    if len(value.strip()) > MOST_TEXT:
        raise UnfitValue(f"Longer than {MOST_TEXT} characters.")
    return value.strip()


def _text(field: Mapping[str, Any], value: Any) -> list[Cell]:
    text = _string(value)
    return [_cell(text, text_key=text_key(text))] if text else []


def _url(field: Mapping[str, Any], value: Any) -> list[Cell]:
    address = _string(value)
    if not address:
        return []
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fits = False
    if not fits or not address.isprintable() or " " in address:
        raise UnfitValue("Not a valid address: it begins with http:// or https://.")
    return [_cell(address, text_key=text_key(address))]


def _number(field: Mapping[str, Any], value: Any) -> list[Cell]:
    return [_cell(value, number=number(value))]


def _checkbox(field: Mapping[str, Any], value: Any) -> list[Cell]:
    if not isinstance(value, bool):
        raise UnfitValue("Not a valid boolean.")
    return [_cell(value, number=float(value))]


def _date(field: Mapping[str, Any], value: Any) -> list[Cell]:
    found = day(value)
    return [_cell(found.isoformat(), day=found)]


def _select(field: Mapping[str, Any], value: Any) -> list[Cell]:
    place, chosen = option(field, value)
    return [_cell(chosen, text_key=chosen, number=float(place))]


def _multi_select(field: Mapping[str, Any], value: Any) -> list[Cell]:
    if not isinstance(value, list | tuple):
        raise UnfitValue("Not a valid list.")
    chosen = {option_id: place for place, option_id in (option(field, named) for named in value)}
    return [_cell([each], each, text_key=each, number=float(place)) for each, place in chosen.items()]


_READERS: dict[str, Callable[[Mapping[str, Any], Any], list[Cell]]] = {
    "text": _text,
    "number": _number,
    "select": _select,
    "multi_select": _multi_select,
    "date": _date,
    "checkbox": _checkbox,
    "url": _url,
}
