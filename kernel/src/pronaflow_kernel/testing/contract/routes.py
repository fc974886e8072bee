"""Every route: documented, and answering in the envelope, be it with a record or with a refusal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...ids import new_id
from ..people import Reply
from ..walk import Operation, Party, Request, send
from ..walk.refusals import objection
from .subject import Subject

ENVELOPE = {"success", "data", "message", "pagination"}
"""Keys of the answer to a success (first seed, "Common Response Formats")."""
WINDOW = {"limit", "offset", "total", "total_exact"}
"""What a list asked for by limit and offset tells beside its rows, as the first seed has it."""
COUNT = {"count"}
"""What tells how many records a request changed, where none is answered, as the first seed has it."""


def problems(subject: Subject) -> Iterator[str]:
    """What a caller cannot learn from the document, or does not get as documented."""
    party: Party | None = None
    for operation in subject.operations.values():
        yield from (f"{operation} {fault}" for fault in _undocumented(operation))
        if operation.permission == "public":
            subject.notes.append(f"{subject.id}: {operation} needs no credential")
        party = party or subject.party("routes")
        request = party.request(operation.id)
        yield from (f"{operation} {fault}" for fault in _refusals(operation, party, request))
        reply = party.send(operation, request)
        if reply.status == subject.makers.refused.get(operation.id):
            subject.notes.append(f"{subject.id}: {operation} was only seen refused, with {reply.status}")
        elif reply.status == 409 and objection(reply, 409) is None:
            subject.notes.append(f"{subject.id}: {operation} was only seen with a conflict")
        else:
            yield from (f"{operation} {fault}" for fault in _faults(operation, reply))
        if operation.method != "GET":
            party = None


def _undocumented(operation: Operation) -> Iterator[str]:
    if not operation.summary.strip():
        yield "has no summary: give its handler a docstring"
    if operation.status >= 300:
        yield "documents no success"
    answers = operation.answer or operation.answers_file or operation.answers_stream
    if operation.method == "GET" and not answers:
        yield "does not say what it answers: declare `returns=` with a schema"


def _refusals(operation: Operation, party: Party, request: Request) -> Iterator[str]:
    """Without a credential, about something that does not exist, and with a parameter that it has not."""
    if operation.permission != "public":
        yield from _refused(send(party.world.anonymous(), operation, request), 401, "without a token")
    if operation.path_ids:
        key = operation.path_ids[-1]
        nothing = {**request, "path": {**request["path"], key: new_id()}}
        yield from _refused(party.send(operation, nothing), 404, f"for a {key} of nothing")
    unknown = {**request, "query": {**request["query"], "no_such_parameter": "1"}}
    yield from _refused(party.send(operation, unknown), 422, "for a parameter that it has not")


def _refused(reply: Reply, status: int, when: str) -> Iterator[str]:
    fault = objection(reply, status)
    if fault is not None:
        yield f"{fault} {when}"


def _faults(operation: Operation, reply: Reply) -> Iterator[str]:
    """What is wrong with the answer to a request that is right."""
    if reply.status != operation.status:
        told = f"{reply.status} {reply.body[:300]!r}"
        yield f"answers {told} to a request that is right, not {operation.status}"
    elif operation.status == 204:
        yield from ["answers 204 with a body"] if reply.body else []
    elif operation.answers_file:
        yield from [] if "attachment" in reply.headers.get("Content-Disposition", "") else ["shows its file"]
    elif not isinstance(reply.json, Mapping) or reply.json.get("success") is not True:
        yield f"answers without the envelope: {reply.body[:200]!r}"
    elif stray := sorted(reply.json.keys() - ENVELOPE - _beside(operation)):
        yield f"answers {', '.join(stray)} beside the envelope's {', '.join(sorted(ENVELOPE))}"
    elif reply.json.get("data") is not None and not operation.answer:
        yield "answers data that nothing describes: declare `returns=` with a schema"


def _beside(operation: Operation) -> set[str]:
    """What an operation may answer beside the envelope's keys."""
    return WINDOW if "limit" in operation.query else set() if operation.answer else COUNT
