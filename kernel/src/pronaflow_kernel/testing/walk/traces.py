"""What tells of hidden records without showing them: counts, orders, tags, names that are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .comparing import blank
from .document import Operation
from .party import Party, Request
from .schemas import types

SORTS = ("name", "title", "key", "priority", "status", "position", "created_at", "updated_at")
"""What lists may be sorted by; no list knows them all."""


def traces(
    party: Party, operations: Iterable[Operation], hide: Callable[[], object], word: str
) -> Iterator[str]:
    """Reads that answer a party otherwise once somebody has hidden something from it.

    Arguments:
        hide: makes the hidden records.
        word: of their texts, sent as a search.
    """
    reads = [(each, party.request(each.id)) for each in operations if each.method == "GET"]
    asked = [
        (each, way, request) for each, own in reads for way, request in _ways(each, own, word, party.mark)
    ]
    party.world.drain()
    before = [blank(party.send(each, request)) for each, _, request in asked]
    hide()
    party.world.drain()
    for (each, way, request), told in zip(asked, before, strict=True):
        now = blank(party.send(each, request))
        if now != told:
            yield f"{each.id}{way}: answers {told} before something is hidden, and {now} after"


def _ways(operation: Operation, own: Request, *words: str) -> Iterator[tuple[str, Request]]:
    """All ways to ask: as it is, and with a value in each filter and order that the document names."""
    yield "", own
    if operation.query:
        yield " without parameters", {**own, "query": {}}
    for name, schema in operation.query.items():
        for value in _values(name, schema, words):
            # Other filters would hide what this one lets through.
            yield f"?{name}={value}", {**own, "query": {name: value}}
            if own["query"]:
                yield f"?{name}={value} and its own", {**own, "query": {**own["query"], name: value}}


def _values(name: str, schema: Mapping[str, Any], words: tuple[str, ...]) -> Iterable[Any]:
    kinds = types(schema)
    if name == "sort":
        return [f"{sign}{field}" for field in SORTS for sign in ("", "-")]
    if name == "page_size":
        return [1]
    if "enum" in schema:
        return [value for value in schema["enum"] if value is not None]
    if "boolean" in kinds:
        return ["true", "false"]
    return words if "string" in kinds and "format" not in schema else ()


def taken(victim: Party, attacker: Callable[[], Party], kinds: Iterable[str]) -> Iterator[str]:
    """Texts of hidden records that somebody else may not use, and so can guess.

    Arguments:
        attacker: makes somebody who has not used any of them.
        kinds: of the hidden records.
    """
    for kind in kinds:
        if (creator := victim.makers.creators.get(kind)) is None:
            continue
        hidden = victim.create(creator.id)
        for name, schema in creator.body.items():
            text = hidden.get(name)
            if not isinstance(text, str) or "enum" in schema or "format" in schema:
                continue
            other = attacker()
            own = other.request(creator.id)
            reply = other.send(creator, {**own, "body": {**own["body"], name: text}})
            if reply.status >= 300:
                yield f"{creator.id}: the {name} of a hidden {kind} answers {reply.status} {reply.json}"
