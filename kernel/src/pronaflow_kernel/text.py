"""Text as names and searches compare it, alike on all databases."""

from __future__ import annotations

from unicodedata import normalize


def folded(text: str) -> str:
    """Text in which case and the way accents are written do not count: "Straße" as "strasse"."""
    return normalize("NFC", normalize("NFC", text).casefold())


def literal(text: str) -> str:
    """Text in which nothing is a wildcard of a LIKE that has a backslash for its escape."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
