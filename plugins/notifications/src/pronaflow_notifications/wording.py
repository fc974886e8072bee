"""Saying notifications in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pronaflow_kernel.api import Context, Row

from .types import names_in

LONGEST = 200
"""Characters of a value in a text; what is longer ends in an ellipsis."""


class Wording:
    """Says rows of `Notification`.

    Arguments:
        ctx: of the plugin.
    """

    def __init__(self, ctx: Context) -> None:
        self._texts = ctx.texts

    def said(self, row: Row, language: str) -> Row:
        """The row with `title` and `message` for people, and `reasons_text`, why they are told.

        Arguments:
            row: of `Notification`, with `actor_name`, the name of who did it, or None.
            language: BCP-47 tag of the reader.
        """
        texts = self._texts.of(row["provider"])
        actor = row["actor_name"] or self._texts.say(language, "Somebody")
        values = {**row["texts"], "actor": actor}
        title = texts.say(language, row["title"], **_filled(row["title"], values))
        message = texts.say(language, row["message"], **_filled(row["message"], values))
        if row["aggregated_count"] > 1:
            message = self._texts.say(
                language, "{message} ({count} updates)", message=message, count=row["aggregated_count"]
            )
        return {
            **row,
            "title": title,
            "message": message,
            "reasons": [word for word, _ in row["reasons"]],
            "reasons_text": [texts.say(language, _plain(text)) for _, text in row["reasons"]],
        }


def shortened(value: Any) -> str:
    """A value as it stands in a text."""
    text = "" if value is None else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _filled(text: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that a text names; one that is not there is empty, for old rows outlive new texts."""
    return {name: values.get(name, "") for name in names_in(text)}


def _plain(text: str) -> str:
    """A text without names, whose braces stand for themselves."""
    return text.replace("{", "{{").replace("}", "}}")
