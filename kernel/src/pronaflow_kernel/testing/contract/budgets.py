"""Statement counts: a read costs the same with one row and with forty.

A list is counted with more rows than its page takes, both times: where they fit, it need not count them,
which is one statement less.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..walk import Operation, Party, Request, asking
from .subject import Subject

FEW, MANY = 2, 40
"""Records of each kind that are made before the first count, and before the second."""

Costs = dict[str, list[str]]
"""Statements by what was read."""


def problems(subject: Subject) -> Iterator[str]:
    """Reads whose number of statements grows with the number of rows."""
    party = subject.party("budget")
    reads = [(each, party.request(each.id)) for each in _reads(subject)]
    if not reads:
        return
    _grow(subject, party, FEW)
    few: Costs = {}
    for operation, own in reads:
        request = asking(operation, own, page_size=1, ext=subject.id)
        few[operation.id] = _statements(party, operation, request)
    _grow(subject, party, MANY)
    for operation, own in reads:
        request = asking(operation, own, page_size=MANY, ext=subject.id)
        many = _statements(party, operation, request)
        if len(many) > len(few[operation.id]):
            yield (
                f"{operation} takes {len(few[operation.id])} statements with few rows and {len(many)} with "
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


def _statements(party: Party, operation: Operation, request: Request) -> list[str]:
    """The statements of a read, not counting what is only done the first time."""
    party.send(operation, request)
    with party.world.statements() as seen:
        party.send(operation, request)
    return seen


def _grow(subject: Subject, party: Party, by: int) -> None:
    """Make more of everything that the plugin makes; of everything there is, where it makes nothing."""
    makers = subject.makers
    making = [*makers.creators.values(), *(operation for operation, _ in makers.memberships)]
    own = [each for each in making if each.plugin == subject.id]
    for operation in own or list(makers.creators.values()):
        for _ in range(by):
            party.create(operation.id)
    subject.world.drain()


def _first_more(few: list[str], many: list[str]) -> str:
    """The first statement that runs more often than before."""
    more = next((each for each in many if many.count(each) > few.count(each)), many[-1])
    return " ".join(more.split())[:120]
