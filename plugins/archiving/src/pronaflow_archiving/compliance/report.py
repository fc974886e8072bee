"""A compliance report out of counts: how often what was done by whom, and what became of data.

Counts alone: the report names nothing that somebody wrote, and leaves out private projects that its reader
does not see, as the audit log does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Row

MEMBERS = {
    "data.exported": ("data_subjects", "exports"),
    "user.anonymized": ("data_subjects", "anonymisations"),
    "consent.granted": ("consents", "granted"),
    "consent.revoked": ("consents", "revoked"),
}
"""Actions that are of a member and not of a workspace, and where the report tells of them."""

_STEPS = {"archived": "archived", "unarchived": "unarchived", "deleted": "trashed", "restored": "restored"}
_STEPS |= {"trashed": "trashed", "purged": "purged"}
_COUNTED = ("archived", "unarchived", "trashed", "restored", "purged", "in_trash")


def audit_part(totals: Sequence[Row], names: Mapping[str, str]) -> dict[str, Any]:
    """Totals by action, by user, and by both.

    Arguments:
        totals: `action, user_id, count`; names: user id to user name.
    """
    both: Counter[tuple[str, str | None]] = Counter()
    for row in totals:
        both[row["action"], row["user_id"]] += row["count"]
    actions, users = Counter[str](), Counter[str | None]()
    for (action, user_id), count in both.items():
        actions[action] += count
        users[user_id] += count
    return {
        "total": both.total(),
        "by_action": [{"action": each, "count": actions[each]} for each in sorted(actions)],
        "by_user": [_of(each, names, users[each]) for each in _ordered(users, names)],
        "by_action_and_user": [
            {"action": action, **_of(user_id, names, both[action, user_id])}
            for action, user_id in sorted(both, key=lambda key: (key[0], key[1] or ""))
        ],
    }


def subject_parts(happened: Iterable[Row]) -> dict[str, Any]:
    """What happened to data and consents of members: `action, count`."""
    parts = {"data_subjects": {"exports": 0, "anonymisations": 0}, "consents": {"granted": 0, "revoked": 0}}
    for row in happened:
        section, name = MEMBERS[row["action"]]
        parts[section][name] += row["count"]
    return parts


def retention_part(totals: Sequence[Row]) -> list[dict[str, Any]]:
    """What the server let go by itself: purges and moves that no person asked for."""
    found: Counter[str] = Counter()
    for row in totals:
        verb = row["action"].rpartition(".")[2]
        if row["action"].startswith("retention.") or (verb == "purged" and row["user_id"] is None):
            found[row["action"]] += row["count"]
    return [{"action": action, "count": found[action]} for action in sorted(found)]


def lifecycle_part(totals: Sequence[Row], in_trash: Sequence[Row], archived: Sequence[Row]) -> list[Row]:
    """By kind of thing, how often it went where.

    Arguments:
        totals: of the audit log; in_trash: `resource_type, count`; archived: with `action`, from the history
            of the archive, which is exact where events have other names.
    """
    kinds: dict[str, Counter[str]] = {}
    for row in totals:
        kind, _, verb = row["action"].rpartition(".")
        if verb in _STEPS and "archived" not in verb:
            kinds.setdefault(kind, Counter())[_STEPS[verb]] += row["count"]
    for row in archived:
        step = "archived" if row["action"] == "archived" else "unarchived"
        kinds.setdefault(row["resource_type"], Counter())[step] += row["count"]
    for row in in_trash:
        kinds.setdefault(row["resource_type"], Counter())["in_trash"] += row["count"]
    return [
        {"resource_type": kind, **{each: kinds[kind][each] for each in _COUNTED}} for kind in sorted(kinds)
    ]


def _of(user_id: str | None, names: Mapping[str, str], count: int) -> dict[str, Any]:
    return {"user_id": user_id, "username": names.get(user_id or ""), "count": count}


def _ordered(users: Counter[str | None], names: Mapping[str, str]) -> list[str | None]:
    return sorted(
        users, key=lambda user_id: (user_id is not None, names.get(user_id or "", ""), user_id or "")
    )
