"""Statement counts: a read costs the same with one row and with fifty."""

from __future__ import annotations

from collections.abc import Iterator

from ..walk import Operation, Party, Request
from .subject import Subject

MANY = 50
"""Rows that a list holds at the second count."""

Costs = dict[str, list[str]]
"""Statements by what was read."""


def problems(subject: Subject) -> Iterator[str]:
    """Reads whose number of statements grows with the number of rows."""
    party = subject.party("budget")
    reads = [(each, _request(subject, each, party)) for each in _reads(subject)]
    if not reads:
        return
    subject.world.drain()
    few = {operation.id: _statements(party, operation, request) for operation, request in reads}
    _grow(subject, party)
    subject.world.drain()
    for operation, request in reads:
        many = _statements(party, operation, request)
        if len(many) > len(few[operation.id]):
            yield (
                f"{operation} takes {len(few[operation.id])} statements with one row and {len(many)} with "
                f"{MANY}: read them together ({_first_more(few[operation.id], many)})"
            )
        shown = len(party.send(operation, request).data) if operation.many else MANY
        if shown < MANY:
            subject.notes.append(f"{subject.id}: {operation} was counted with {shown} rows only")


def _reads(subject: Subject) -> list[Operation]:
    """The plugin's reads, and the lists of others that it adds to."""
    own = [each for each in subject.operations.values() if each.method == "GET"]
    if "extend_payload" not in subject.world.kernel.hooks.implemented(subject.id):
        return own
    # What shows no resource, as the list of people does, is not added to.
    lists = (each for each in subject.makers.operations.values() if each.many and each.resource)
    shown = (each for each in lists if each.method == "GET" and "ext" in each.query)
    return [*own, *(each for each in shown if each not in own)]


def _request(subject: Subject, operation: Operation, party: Party) -> Request:
    """A request for as much as there is on one page, with what the plugin adds to it."""
    request = party.request(operation.id)
    wanted = {"page_size": 100, "ext": subject.id}
    return {
        **request,
        "query": {**request["query"], **{k: v for k, v in wanted.items() if k in operation.query}},
    }


def _statements(party: Party, operation: Operation, request: Request) -> list[str]:
    """The statements of a read, not counting what is only done the first time."""
    party.send(operation, request)
    with party.world.statements() as seen:
        party.send(operation, request)
    return seen


def _grow(subject: Subject, party: Party) -> None:
    """Make more of everything that the plugin makes; of everything there is, where it makes nothing.

    Fewer than a page is long: a list that fills its page counts, which is one statement more.
    """
    makers = subject.makers
    making = [*makers.creators.values(), *(operation for operation, _ in makers.memberships)]
    own = [each for each in making if each.plugin == subject.id]
    for operation in own or list(makers.creators.values()):
        for _ in range(MANY):
            party.create(operation.id)


def _first_more(few: list[str], many: list[str]) -> str:
    """The first statement that runs more often than before."""
    more = next((each for each in many if many.count(each) > few.count(each)), many[-1])
    return " ".join(more.split())[:120]
