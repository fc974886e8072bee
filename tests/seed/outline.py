"""Both seed documents as a list of items: each heading, endpoint, parameter, header, limit, code, event type
and SDK line, with the line it stands on and the section it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).parent
SEEDS = ("pronaflow-api-v1.2.md", "proflow-api.md")

_ENDPOINT = re.compile(r"(GET|POST|PUT|PATCH|DELETE) /\S*$")
_PARAMETER = re.compile(r"(- )?\w+( \(\w+\))?: ")
_HEADER = re.compile(r"(authorization|content-type|x-ratelimit-\w+): |\(content-disposition: ", re.IGNORECASE)
_MODULE = re.compile(r"MODULE (\d+):")
_KIND_OF_SECTION = {
    "authentication_security/token_expiration_refresh": "limit",
    "authentication_security/security_requirements": "limit",
    "authentication_security/rate_limiting/general_api": "limit",
    "authentication_security/rate_limiting/module_12_integration_api": "limit",
    "proflow/rate_limiting": "limit",
    "error_handling/http_status_codes": "error code",
    "error_handling/error_codes": "error code",
    "proflow/error_handling/error_codes": "error code",
    "webhook_event_types": "event type",
}


@dataclass(frozen=True)
class Item:
    """One thing a seed says.

    ``line`` counts from 1; ``section`` is the path of its headings in lower case ("m7/notifications" for a
    section of module 7, "proflow/..." for the second seed); ``endpoint`` is "METHOD path" where the item
    describes one; ``level`` is that of a heading.
    """

    seed: str
    line: int
    kind: str
    text: str
    section: str
    endpoint: str = ""
    level: int = 0


def slug(title: str) -> str:
    """Name a heading in lower case, without signs and pictures: "🗑️ Trash Bin" is ``trash_bin``."""
    return "_".join(re.findall(r"[a-z0-9]+", title.lower()))


@cache
def outline(seed: str) -> tuple[Item, ...]:
    """Read one seed document, in the order of its lines."""
    tokens = MarkdownIt("commonmark").enable("table").parse((FOLDER / seed).read_text(encoding="utf-8"))
    return tuple(sorted(_items(seed, tokens), key=lambda item: item.line))


def _items(seed: str, tokens: list[Token]) -> Iterator[Item]:
    headings: list[str] = []
    section = endpoint = label = ""
    for place, token in enumerate(tokens):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "heading_open":
            title = _plain(tokens[place + 1])
            endpoint = _endpoint_of_heading(tokens[place + 3 :])
            level = int(token.tag.removeprefix("h"))
            headings = headings[: level - 1] + ([] if endpoint else [title])
            section = _section(seed, headings)
            yield Item(seed, line, "heading", title, section, endpoint, level)
        elif token.type == "paragraph_open" and token.level == 0:
            label = _plain(tokens[place + 1])
            if label.startswith("Response: "):
                kind = "header" if _HEADER.search(label) else "response"
                yield Item(seed, line, kind, label, section, endpoint)
        elif token.type == "fence":
            for number, kind, text in _fence(token, label, section):
                yield Item(seed, line + number, kind, text, section, endpoint)
        elif token.type == "list_item_open" or (
            token.type == "tr_open" and tokens[place + 1].type == "td_open"
        ):
            text = _row(tokens[place:])
            kind = "header" if _HEADER.match(text) else _KIND_OF_SECTION.get(section, "statement")
            yield Item(seed, line, "response" if endpoint else kind, text, section, endpoint)


def _section(seed: str, headings: list[str]) -> str:
    """Path of the headings; a module gives its number, and "Endpoints" groups nothing a reader would miss."""
    module = _MODULE.match(headings[0])
    below = [slug(title) for title in headings[1:]]
    if module and below[:1] in ([], ["overview"], ["endpoints"]):
        return "/".join([f"m{module[1]}", *(below[1:] if len(below) > 1 else below)])
    return "/".join((["proflow"] if seed == SEEDS[1] else []) + below) or "document"


def _endpoint_of_heading(tokens: list[Token]) -> str:
    """Endpoint that the text under a heading describes, or nothing."""
    for token in tokens:
        if token.type == "heading_open":
            break
        if token.type == "fence" and _ENDPOINT.match(token.content.split("\n")[0]):
            return token.content.split("\n")[0]
    return ""


def _fence(token: Token, label: str, section: str) -> Iterator[tuple[int, str, str]]:
    """Lines of a code block that are items of their own; JSON bodies are compared by the replay of their
    endpoint."""
    asking = label.startswith("Query Parameters")
    for number, text in enumerate(token.content.split("\n"), start=1):
        if token.info == "http" and text.endswith(":"):
            asking = text == "Parameters:"
        if section.startswith("sdk_examples/") and text.strip():
            yield number, "sdk line", text.strip()
        elif _ENDPOINT.match(text):
            yield number, "endpoint", text
        elif _HEADER.match(text):
            yield number, "header", text
        elif text.startswith("Response: "):
            yield number, "response", text
        elif asking and token.info in ("", "http") and _PARAMETER.match(text):
            yield number, "parameter", text.removeprefix("- ")


def _row(tokens: list[Token]) -> str:
    """Text of a list item or of a table row, its cells joined with a bar."""
    cells = []
    for token in tokens:
        if token.type in ("list_item_close", "tr_close"):
            break
        if token.type == "inline":
            cells.append(_plain(token))
    return " | ".join(cells)


def _plain(token: Token) -> str:
    """Text without marks such as bold, code and links."""
    return "".join(child.content for child in token.children or []).strip()
