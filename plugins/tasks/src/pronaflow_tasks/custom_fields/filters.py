"""What a query asks of custom fields, as the list of tasks takes it: `custom_fields[<id>]=…` and `sort=…`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pronaflow_kernel.api import InvalidRequest, Page, Problem, Reader, Row, ValidationFailed, invalid

from . import queries
from .field import Fields
from .kinds import UnfitValue, day, number, option, text_key

MOST_VALUES = 50
"""How many values one filter names."""

_SORT = re.compile(r"(-?)custom_fields\[(.{1,100})\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks of custom fields.

    Arguments:
        filters: of `queries.FILTERS`, by name; params: further binds.
        sort: one of `queries.SORTS`, with `-` where it goes down; None for another order.
        field_id: of the field that is sorted by.
    """

    filters: dict[str, Any] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=dict)
    sort: str | None = None
    field_id: str | None = None

    def entered(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """The query as a list sorted by a custom field takes it.

        Raises:
            InvalidRequest: the cursor is of another order.
        """
        if self.sort is None:
            return dict(query)
        cursor = query["cursor"]
        if cursor is not None:
            cursor, _, of_field = cursor.partition(".")
            if of_field != self.field_id:
                raise InvalidRequest("The cursor belongs to another order of this list")
        return {**query, "sort": self.sort, "sort_by": None, "sort_order": None, "cursor": cursor}

    def left(self, page: Page) -> Page:
        """The page with a cursor that says by which field it is sorted."""
        if self.sort is None:
            return page
        following = page.next_cursor and f"{page.next_cursor}.{self.field_id}"
        return replace(page, next_cursor=following)


def asked(reader: Reader, query: Mapping[str, Any]) -> Asked:
    """What a query of the list of tasks asks of custom fields; one statement if it does at all.

    Raises:
        ValidationFailed: a field that the project does not have, a value that is not one of it, more than
            five fields, or no `project_id`.
    """
    named, sort = query["custom_fields"] or {}, _sort(query)
    if not named and sort is None:
        return Asked()
    place = "custom_fields" if named else "sort"
    if query["project_id"] is None:
        raise invalid(place, "Custom fields are a project's: name it by project_id.", "required")
    if len(named) > queries.SLOTS:
        raise invalid("custom_fields", f"At most {queries.SLOTS} fields at once.")
    known = Fields(reader.all(queries.OF_PROJECT, project_id=query["project_id"]))
    filters, params = _filters(known, named)
    if sort is None:
        return Asked(filters, params)
    key, down = sort
    row = known.find(key)
    if row is None:
        raise invalid("sort" if query["sort"] else "sort_by", "The project has no such field.", "unknown")
    name = _SORTED_AS[row["type"]]
    params["custom_sort"] = row["id"]
    return Asked(filters, params, f"-{name}_down" if down else name, row["id"])


def _sort(query: Mapping[str, Any]) -> tuple[str, bool] | None:
    """The custom field that is sorted by, and whether downwards."""
    found = _SORT.fullmatch(query["sort"] or query["sort_by"] or "")
    if found is None:
        return None
    down = bool(found[1])
    if query["sort_order"] and not query["sort"]:
        down = query["sort_order"] == "desc"
    return found[2], down


def _filters(known: Fields, named: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Filters and further binds; the slots go by kind, so that there are few statements."""
    problems, conditions = [], []
    for key, text in named.items():
        row = known.find(key)
        try:
            if row is None:
                raise UnfitValue("The project has no such field.")
            conditions.append((*_condition(row, text.strip()), row["id"]))
        except UnfitValue as error:
            code = "invalid" if row else "unknown"
            problems.append(Problem(f"custom_fields.{key[:100]}", str(error), code))
    if problems:
        raise ValidationFailed(problems)
    filters: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for number_, (way, values, field_id) in enumerate(sorted(conditions, key=lambda each: each[0]), start=1):
        slot = f"custom_{number_}"
        params[f"{slot}_field"] = field_id
        filters[f"{slot}_{way}"] = values
        if way.endswith("_range"):
            of, (first, last) = way.removesuffix("_range"), values
            params |= {f"{slot}_{of}_from": first, f"{slot}_{of}_to": last}
            filters[f"{slot}_{way}"] = True
    return filters, params


def _condition(row: Row, text: str) -> tuple[str, Any]:
    """How a value is compared, and what with.

    Raises:
        UnfitValue: it is none that the field is compared with.
    """
    if text.lower() == "none":
        return "none", True
    way, read = _WAYS[row["type"]]
    if way != "text" and ".." in text:
        first, _, last = text.partition("..")
        bounds = _BOUNDS[way]
        low, high = (read(row, part.strip()) if part.strip() else None for part in (first, last))
        if low is None and high is None:
            raise UnfitValue("A range has a beginning or an end.")
        return f"{way}_range", (bounds[0] if low is None else low, bounds[1] if high is None else high)
    parts = [part.strip() for part in text.split(",")]
    if len(parts) > MOST_VALUES:
        raise UnfitValue(f"At most {MOST_VALUES} values at once.")
    return way, list(dict.fromkeys(read(row, part) for part in parts))


def _option(row: Row, text: str) -> str:
    return option(row, text)[1]


def _number(row: Row, text: str) -> float:
    try:
        return number(float(text))
    except ValueError:
        raise UnfitValue("Not a valid number.") from None


def _checked(row: Row, text: str) -> float:
    found = {"true": 1.0, "false": 0.0}.get(text.lower())
    if found is None:
        raise UnfitValue("Must be true, false or none.")
    return found


_BOUNDS: dict[str, tuple[Any, Any]] = {"number": (-1e300, 1e300), "day": (date.min, date.max)}

_WAYS: dict[str, tuple[str, Callable[[Row, str], Any]]] = {
    "text": ("text", lambda row, text: text_key(text)),
    "url": ("text", lambda row, text: text_key(text)),
    "select": ("text", _option),
    "multi_select": ("text", _option),
    "number": ("number", _number),
    "checkbox": ("number", _checked),
    "date": ("day", lambda row, text: day(text)),
}

_SORTED_AS = {
    "text": "text",
    "url": "text",
    "select": "number",
    "multi_select": "number",
    "number": "number",
    "checkbox": "number",
    "date": "day",
}
