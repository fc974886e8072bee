"""Rules of a definition: its options, and whether its default is one of its values; needs no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Problem, folded, new_id

from .kinds import WITH_OPTIONS, UnfitValue, cells, shown


def settled(
    known: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The options that a field has then, with their ids, and what is wrong with those given.

    Arguments:
        known: those it has; one that is given by its id, or by its label, stays that option.
        given: as in a body, in their order.
    """
    ids = {each["id"] for each in known}
    labels = {folded(each["label"]): each for each in known}
    options: list[dict[str, Any]] = []
    problems = []
    for place, each in enumerate(given):
        same = labels.get(folded(each["label"]), {})
        option_id = each.get("id") or same.get("id") or new_id()
        if "id" in each and each["id"] not in ids:
            problems.append(Problem(f"options.{place}.id", "The field has no such option.", "unknown"))
        if any(option_id == one["id"] for one in options):
            problems.append(Problem(f"options.{place}", "Names the same option again."))
        elif any(folded(each["label"]) == folded(one["label"]) for one in options):
            problems.append(Problem(f"options.{place}.label", "Another option has this label."))
        before = next((one for one in known if one["id"] == option_id), {})
        color = each["color"] if "color" in each else before.get("color")
        options.append({"id": option_id, "label": each["label"], "color": color})
    return options, problems


def faults(field: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with a field as it would be, apart from its name."""
    problems = []
    if field["type"] in WITH_OPTIONS and not field["options"]:
        problems.append(Problem("options", "A select needs at least one option.", "required"))
    if field["type"] not in WITH_OPTIONS and field["options"]:
        problems.append(Problem("options", f"A field of the type {field['type']} has no options."))
    if not problems and field["default_value"] is not None:
        try:
            cells(field, field["default_value"])
        except UnfitValue as error:
            problems.append(Problem("default_value", str(error)))
    return problems


def default_shown(field: Mapping[str, Any]) -> Any:
    """The default as tasks will show it: options by their ids; None where it is none of the values."""
    try:
        return shown(cells(field, field["default_value"]))
    except UnfitValue:
        return None
