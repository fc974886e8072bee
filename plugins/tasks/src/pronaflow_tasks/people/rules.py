"""Who is assigned once something changes, without a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Problem

MOST = 50
"""How many people one task may be assigned to."""


def with_assignees(
    assigned: Collection[str], primary: str | None, changes: Mapping[str, Any]
) -> dict[str, Any]:
    """Changes in which `assigned_to`, the primary assignee, and `assignee_ids`, all of them, go together.

    `assignee_ids` alone says who is assigned from now on: the primary one stays primary if still among them,
    else the first is. `assigned_to` alone puts somebody in the place of the primary one and leaves the
    others; `null` takes the primary one out and promotes nobody. Both together mean what they say.

    Arguments:
        assigned: who is assigned now.
        primary: who of them is the primary one.
    """
    named = changes.get("assignee_ids")
    if named is None:
        if changes.get("assigned_to", primary) == primary:
            return dict(changes)
        first = changes["assigned_to"]
        everybody = [user_id for user_id in assigned if user_id != primary]
    else:
        everybody = list(dict.fromkeys(named))
        stays = primary if primary in everybody else next(iter(everybody), None)
        first = changes.get("assigned_to", stays)
    rest = [user_id for user_id in everybody if user_id != first]
    return {**changes, "assigned_to": first, "assignee_ids": ([] if first is None else [first]) + rest}


def assignee_faults(
    wanted: Collection[str], members: Collection[str], named: Sequence[str] | None
) -> list[Problem]:
    """What is wrong with those who are to be assigned.

    Arguments:
        wanted: all of them.
        members: those of them who are in the project, or were assigned before.
        named: `assignee_ids` as the caller sent them; tells which field the problem is in.
    """
    named = list(named or ())
    problems = [
        Problem(
            f"assignee_ids.{named.index(user_id)}" if user_id in named else "assigned_to",
            "Not a member of the project.",
            "not_a_member",
        )
        for user_id in wanted
        if user_id not in members
    ]
    if len(wanted) > MOST:
        problems.append(Problem("assignee_ids", f"At most {MOST} people."))
    return problems
