"""The pages written by hand: what they link to, which files and commands they show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from .installation import ROOT

PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("contrib/*/README.md")])

_COMMAND = re.compile(r"(?:^|[\s/])pronaflow ([^\n|&;)]+)")


class Block(NamedTuple):
    """A block of code.

    Arguments:
        language: as named behind the fence.
        title: of ``title=…``, usually the file that it shows.
        text: its content.
    """

    language: str
    title: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The blocks of code of a page, in order."""
    found = []
    for token in _tokens(page):
        if token.type == "fence":
            language, _, title = token.info.partition(" title=")
            found.append(Block(language, title, token.content))
    return found


def shown(page: Path, title: str) -> str:
    """All that a page shows of a file, in order."""
    return "\n".join(block.text for block in blocks(page) if block.title == title)


def commands(page: Path) -> Iterator[str]:
    """What follows `pronaflow` in each line of shell on a page."""
    for block in blocks(page):
        if block.language == "bash":
            yield from (found.strip() for found in _COMMAND.findall(block.text.replace("\\\n", " ")))


def links(page: Path) -> Iterator[str]:
    """The addresses of all links on a page."""
    for token in _tokens(page):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    tokens = _tokens(page)
    headings = [
        tokens[place + 1].content for place, token in enumerate(tokens) if token.type == "heading_open"
    ]
    return {anchor(heading) for heading in headings}


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    kept = (letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return "".join(kept).replace(" ", "-")


def _tokens(page: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
