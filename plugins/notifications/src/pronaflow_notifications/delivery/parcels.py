"""What is sent to one person at once, as plain data that every channel understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pronaflow_kernel.api import Context, Row

from ..wording import Wording
from .channels import Parcel
from .habits import Person

MOST = 50
"""Items of one parcel; how many more there are is said (events.md 4.1)."""


class Parcels:
    """Packs notifications in the language of whoever gets them.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._wording = ctx, Wording(ctx)

    def pack(self, key: str, person: Person, rows: Sequence[Row]) -> Parcel:
        """One parcel.

        Arguments:
            key: of it, stable over all attempts.
            rows: of `SAID`, all for one person, at least one; `space` names where it was.
        """
        language = person.locale.language
        ordered = sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)
        items = [self._item(row, language) for row in ordered[:MOST]]
        return {
            "key": key,
            "user_id": ordered[0]["user_id"],
            "language": language,
            "title": self._title(language, items, len(ordered)),
            "digest": len(ordered) > 1,
            "items": items,
            "more": len(ordered) - len(items),
        }

    def _title(self, language: str, items: Sequence[Mapping[str, Any]], count: int) -> str:
        if count == 1:
            return str(items[0]["title"])
        return self._ctx.texts.say_many(language, "{count} notification", "{count} notifications", count)

    def _item(self, row: Row, language: str) -> Mapping[str, Any]:
        said = self._wording.said(row, language)
        path = row["action_url"]
        return {
            "notification_id": row["id"],
            "type": row["type"],
            "title": _line(said["title"]),
            "message": said["message"],
            "reason": " ".join(said["reasons_text"]),
            "url": f"{self._ctx.public_url}{path}" if path else None,
            "priority": row["priority"],
            "critical": row["critical"],
            "preference": row["preference"],
            "project": _line(row["space"]),
            "container_id": row["container_id"],
            "workspace_id": row["workspace_id"],
            "about_id": row["about_id"],
            "created_at": row["created_at"].isoformat(),
        }


def _line(text: str) -> str:
    """A text that fits one line, whoever wrote it."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
