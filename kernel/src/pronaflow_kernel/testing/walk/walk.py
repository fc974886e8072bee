"""The walk: every operation, with ids of records that the caller must not know of.

Each operation is sent twice, once with ids of the victim and once with ids of nothing; the answers must be
the same to the letter. Then the victim sends the same ids and succeeds, which proves that there was something
to hide.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...ids import new_id
from . import ids
from .comparing import blank, shape
from .document import Operation
from .party import Party, Request, Unsupplied, send
from .prying import words_in
from .rows import Rows, Tables

if TYPE_CHECKING:
    from ..people import Person
    from ..world import World

Keys = tuple[tuple[str, str], ...]
"""Places and keys of ids."""

FOR_ADMINISTRATORS = 403
"""Refused with it is what only administrators of the system may do, who see what is everybody's."""

HEADER = ("header", "X-Workspace-Id")

WRITE = re.compile(r"\s*(insert|update|delete)\b", re.IGNORECASE)
"""Statements that change something, so that the next answer differs by it."""

CONDITIONS = {
    "GET": ({"If-None-Match": "*"},),
    "POST": ({"If-Match": "*"}, {"If-Match": '"1-00000000"'}),
}
"""Headers that ask whether there is something, by method; those of POST go with every write."""


@dataclass
class Walk:
    """A walk over all operations.

    Arguments:
        world: the server.
        rows: of its database.
        operations: by id.
        victim: makes a party with records to hide.
        attacker: makes a party that must not see the victim's, for an operation whose request it can make;
            the party that reads is kept for all operations that read.
        concerns: whether the id under a key is one to hide.
        hidden: words in the victim's texts.
        known: operations and keys whose ids may be known to be of something.
        refused: operations whose control run no state of the server lets succeed, with the status that
            answers it; whoever names one says why.
        controlled: ids of the operations whose control run succeeded.
    """

    world: World
    rows: Rows
    operations: Mapping[str, Operation]
    victim: Callable[[], Party]
    attacker: Callable[[Party, Operation], Party]
    concerns: Callable[[Party, Operation, str], bool]
    hidden: tuple[str, ...]
    known: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[str, int] = field(default_factory=dict)
    controlled: set[str] = field(default_factory=set)
    _pair: tuple[Party, Party] | None = None

    def findings(self) -> list[str]:
        """All that is wrong, one line each; every operation is walked."""
        found: list[str] = []
        for operation in self.operations.values():
            try:
                found += [f"{operation.id}: {fault}" for fault in self._of(operation)]
            except Unsupplied as error:
                found.append(str(error))
        return found

    def _of(self, operation: Operation) -> Iterator[str]:
        if self.refused.get(operation.id) == FOR_ADMINISTRATORS:
            return
        victim, _ = self._parties(operation)
        theirs = {**victim.request(operation.id), "header": {HEADER[1]: victim.workspace_id}}
        # Of ids that exclude one another a request has one.
        keys = tuple(
            (place, key)
            for place, key in operation.ids
            if ids.first_of(key) in theirs[place] and self.concerns(victim, operation, key)
        )
        choices = list(self._choices(operation, keys, victim))
        if choices:
            yield from self._attacks(operation, choices, theirs)
        if choices or self.concerns(victim, operation, HEADER[1]):
            yield from self._control(operation, theirs)
        if operation.method != "GET":
            self._pair = None

    def _attacks(self, operation: Operation, choices: list[Keys], theirs: Request) -> Iterator[str]:
        """Every way to name what is the victim's, and what it leaves behind."""
        victim, attacker = self._parties(operation)
        requests = [theirs, *_ordinary(operation, victim, theirs)]
        attacker.request(operation.id)  # what it needs of the attacker's own is there from now on
        before, kept = self.rows.of(victim.workspace_id), self.rows.of(attacker.workspace_id)
        for request in requests:
            for chosen in choices:
                yield from self._attack(operation, chosen, request, {})
            for headers in CONDITIONS.get(operation.method, CONDITIONS["POST"]):
                yield from self._attack(operation, choices[-1], request, headers)
        yield from self._differences(operation, before, self.rows.of(victim.workspace_id))
        if attacker.workspace_id != victim.workspace_id:
            yield from self._kept(operation, kept, self.rows.of(attacker.workspace_id))

    def _control(self, operation: Operation, theirs: Request) -> Iterator[str]:
        """The victim's own request must succeed: then there was something to hide."""
        victim, attacker = self._parties(operation)
        key = {"Idempotency-Key": f"walk-{operation.id}"} if operation.method == "POST" else {}
        theirs = {**theirs, "header": {**theirs["header"], **key}}
        reply = victim.send(operation, theirs)
        hidden = False
        if reply.status == 409 and operation.id not in self.refused:
            # The owner is a member already; somebody else of the workspace is not, or finds nothing to join:
            # then what the owner was told is proof enough.
            other = send(self._colleague(victim), operation, theirs)
            hidden = other.status == 404
            reply = reply if hidden else other
        if reply.status < 300:
            self.controlled.add(operation.id)
        if reply.status != self.refused.get(operation.id, reply.status) or (
            reply.status >= 300 and operation.id not in self.refused and not hidden
        ):
            yield f"the victim's own request answers {reply.status} {reply.json}"
        if key and operation.permission != "public":
            twin = attacker.send(operation, {**attacker.request(operation.id), "header": key})
            told = words_in(twin, {*self.hidden, *(victim.ids - attacker.ids)})
            yield from (f"the victim's Idempotency-Key: the answer tells {word}" for word in told)

    def _colleague(self, victim: Party) -> Person:
        person = self.world.person()
        self.world.join(victim.workspace_id, person, "member")
        return person

    def _kept(self, operation: Operation, before: Tables, after: Tables) -> Iterator[str]:
        """Tables in which the attacker now has what is the victim's."""
        victim, attacker = self._parties(operation)
        if any(name == operation.id for name, _ in self.known):
            return
        secret = {*self.hidden, *(victim.ids - attacker.ids)}
        for table, rows in after.items():
            text = "\n".join(set(rows) - set(before[table])).lower()
            for word in sorted(word for word in secret if word in text):
                yield f"the attacker's rows of {table} hold {word}"

    def _differences(self, operation: Operation, before: Tables, after: Tables) -> Iterator[str]:
        """Tables in which rows of the victim changed, or came where only the victim writes."""
        victim, attacker = self._parties(operation)
        for table, rows in before.items():
            now = after[table]
            if not set(rows) <= set(now) or (attacker.workspace_id != victim.workspace_id and now != rows):
                yield f"the attack changed rows of {table}"

    def _parties(self, operation: Operation) -> tuple[Party, Party]:
        """Victim and attacker; they stay the same until a request may have changed something."""
        if self._pair is None:
            victim = self.victim()
            self._pair = victim, self.attacker(victim, operation)
        return self._pair

    def _choices(self, operation: Operation, keys: Keys, victim: Party) -> Iterable[Keys]:
        """Which ids are the victim's: each by itself, all of them, and the workspace by header."""
        yield from ((key,) for key in keys)
        yield from (((place, added),) for place, key in keys if (added := ids.more(key)))
        if len(keys) > 1:
            yield keys
        named = not operation.places["path"] and operation.permission != "public"
        if named and self.concerns(victim, operation, "workspace_id"):
            yield (HEADER,)

    def _attack(
        self, operation: Operation, chosen: Keys, theirs: Request, headers: Mapping[str, str]
    ) -> Iterator[str]:
        victim, attacker = self._parties(operation)
        foreign = _aimed(attacker.request(operation.id), chosen, theirs, headers)
        with self.world.statements() as ran:
            reply = attacker.send(operation, foreign)
        changed = reply.status < 300 and any(WRITE.match(statement) for statement in ran)
        if changed:
            attacker = self.attacker(victim, operation)
        nothing = _aimed(attacker.request(operation.id), chosen, _invented(theirs, chosen), headers)
        answers = [blank(each, changed) for each in (reply, attacker.send(operation, nothing))]
        if answers[0] != answers[1] and answers[0][0] == answers[1][0]:
            again = blank(attacker.send(operation, nothing), changed)
            if again != answers[1]:
                # It answers something new each time: a secret. Only its shape can tell.
                answers = [(status, [], shape(body)) for status, _, body in answers]
        if changed:
            self._pair = victim, self.attacker(victim, operation)
        names = ", ".join(f"{key} in the {place}" for place, key in chosen)
        names += "".join(f" with {name}: {text}" for name, text in headers.items())
        if not {(operation.id, key) for _, key in chosen} & self.known:
            if answers[0] != answers[1]:
                yield f"{names}: a foreign id answers {answers[0]}, an invented one {answers[1]}"
            told = victim.ids - {ids.get(foreign[place], key) for place, key in chosen} - attacker.ids
            words = words_in(reply, {*self.hidden, *told})
            yield from (f"{names}: the answer tells {word}" for word in words)
        # A condition may be refused before anything is looked for, alike for all ids.
        expected = (404, 412) if headers else (404,)
        if any(place == "path" for place, _ in chosen) and reply.status not in expected:
            yield f"{names}: a foreign id answers {reply.status}, not 404"
        if operation.permission != "public":
            status = send(self.world.anonymous(), operation, foreign).status
            if status != 401:
                yield f"{names}: without a token it answers {status}, not 401"


def _ordinary(operation: Operation, victim: Party, theirs: Request) -> Iterator[Request]:
    """The request with ordinary records, where it needs a special one, e.g. of the trash."""
    ordinary = deepcopy(theirs)
    for place, key in victim.makers.wanted(operation):
        if "[]" not in key:
            ids.put(ordinary[place], key, victim.id_of(victim.makers.kind(operation, key)))
    if ordinary != theirs:
        yield ordinary


def _aimed(own: Request, chosen: Keys, theirs: Request, headers: Mapping[str, str]) -> Request:
    """The attacker's own request, but for the chosen ids."""
    aimed = deepcopy(own)
    aimed["header"] |= headers
    for place, key in chosen:
        ids.put(aimed[place], key, ids.get(theirs[place], key))
        if (place, key) == HEADER:
            aimed["body"].pop("workspace_id", None)
            aimed["query"].pop("workspace_id", None)
    return aimed


def _invented(theirs: Request, chosen: Keys) -> Request:
    """The same request with ids of nothing; what was the same id stays the same."""
    invented, drawn = deepcopy(theirs), defaultdict[str, str](new_id)
    for place, key in chosen:
        ids.put(invented[place], key.replace("[+]", "[]"), drawn[ids.get(theirs[place], key)])
    return invented
