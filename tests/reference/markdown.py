"""Pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTHING = "-"
"""What a cell without content shows."""


def page(title: str, *parts: str) -> str:
    """A whole page of parts that empty lines keep apart."""
    return "\n\n".join([f"# {title}", *(part.strip("\n") for part in parts)]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells may hold any text on one line."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(content: object) -> str:
    return " ".join(str(content).replace("|", "\\|").split()) or NOTHING


def code(text: object) -> str:
    """Text in the typewriter's letters."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Several, with commas."""
    return ", ".join(map(code, texts))


def block(text: str, language: str = "") -> str:
    """A block of code."""
    return f"```{language}\n{text.strip()}\n```"


def prose(docstring: str | None) -> str:
    """A docstring as one line of text."""
    return " ".join((docstring or "").split())
