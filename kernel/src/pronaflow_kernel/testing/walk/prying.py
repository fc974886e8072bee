"""Looking for marked words in all that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from ..people import Reply
from .document import Operation
from .party import Party, Request
from .schemas import types


def seen(
    party: Party,
    operations: Iterable[Operation],
    requests: Callable[[Operation], Request],
    words: tuple[str, ...],
) -> list[tuple[str, int, list[str]]]:
    """Which answers to a party hold marked words: operation, status and words.

    Arguments:
        operations: those that read are tried.
        requests: whose ids the party sends.
        words: the marks, also sent as a search.
    """
    return [
        (operation.id, reply.status, found)
        for operation in operations
        if operation.method == "GET"
        for request in _prying(operation, requests(operation), words[0])
        if (found := words_in(reply := party.send(operation, request), words))
    ]


def words_in(reply: Reply, words: Iterable[str]) -> list[str]:
    """Those of some words that an answer holds, body or headers, in whatever case."""
    shown = f"{reply.headers}\n{reply.body.decode('utf-8', 'replace')}".lower()
    return sorted(word for word in words if word.lower() in shown)


def _prying(operation: Operation, request: Request, word: str) -> Iterator[Request]:
    """A request as it is, without filters, and with a word in each filter that takes text."""
    yield request
    yield {**request, "query": {}}
    query = request["query"] | ({"page_size": 100} if "page_size" in operation.query else {})
    for name, schema in operation.query.items():
        if "string" in types(schema) and "enum" not in schema and "format" not in schema:
            yield {**request, "query": query | {name: word}}
