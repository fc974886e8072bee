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
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...ids import new_id
from ..people import Reply
from .document import Operation
from .party import Party, Request, Unsupplied, send
from .prying import words_in
from .rows import Rows, Tables

if TYPE_CHECKING:
    from ..world import World

Keys = tuple[tuple[str, str], ...]
"""Places and keys of ids."""

HEADER = ("header", "X-Workspace-Id")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Walk:
    """A walk over all operations.

    Arguments:
        world: the server.
        rows: of its database.
        operations: by id.
        victim: makes a party with records to hide.
        attacker: makes a party that must not see the victim's.
        concerns: whether the id under a key is one to hide.
        hidden: words in the victim's texts.
        known: operations and keys whose ids may be known to be of something.
    """

    world: World
    rows: Rows
    operations: Mapping[str, Operation]
    victim: Callable[[], Party]
    attacker: Callable[[Party], Party]
    concerns: Callable[[Party, Operation, str], bool]
    hidden: tuple[str, ...]
    known: frozenset[tuple[str, str]] = frozenset()
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
        victim, _ = self._parties()
        keys = tuple(each for each in operation.ids if self.concerns(victim, operation, each[1]))
        choices = list(self._choices(operation, keys, victim))
        if not choices:
            return
        theirs = {**victim.request(operation.id), "header": {HEADER[1]: victim.workspace_id}}
        requests = [theirs, *_ordinary(operation, victim, theirs)]
        before = self.rows.of(victim.workspace_id)
        for chosen in choices:
            for request in requests:
                yield from self._attack(operation, chosen, request)
        yield from self._differences(before, self.rows.of(victim.workspace_id))
        reply = victim.send(operation, theirs)
        # A conflict tells as well as a success that there is something: the owner is a member already.
        if keys and reply.status >= 300 and reply.status != 409:
            yield f"the victim's own request answers {reply.status} {reply.json}"
        if operation.method != "GET":
            self._pair = None

    def _differences(self, before: Tables, after: Tables) -> Iterator[str]:
        """Tables in which rows of the victim changed, or came where only the victim writes."""
        victim, attacker = self._parties()
        for table, rows in before.items():
            now = after[table]
            if not set(rows) <= set(now) or (attacker.workspace_id != victim.workspace_id and now != rows):
                yield f"the attack changed rows of {table}"

    def _parties(self) -> tuple[Party, Party]:
        """Victim and attacker; they stay the same until a request may have changed something."""
        if self._pair is None:
            victim = self.victim()
            self._pair = victim, self.attacker(victim)
        return self._pair

    def _choices(self, operation: Operation, keys: Keys, victim: Party) -> Iterable[Keys]:
        """Which ids are the victim's: each by itself, all of them, and the workspace by header."""
        yield from ((key,) for key in keys)
        if len(keys) > 1:
            yield keys
        named = not operation.places["path"] and operation.permission != "public"
        if named and self.concerns(victim, operation, "workspace_id"):
            yield (HEADER,)

    def _attack(self, operation: Operation, chosen: Keys, theirs: Request) -> Iterator[str]:
        victim, attacker = self._parties()
        foreign = _aimed(attacker.request(operation.id), chosen, theirs)
        reply = attacker.send(operation, foreign)
        changed = reply.status < 300 and operation.method != "GET"
        if changed:
            attacker = self.attacker(victim)
        nothing = _aimed(attacker.request(operation.id), chosen, _invented(theirs, chosen))
        answers = [blank(each, changed) for each in (reply, attacker.send(operation, nothing))]
        if changed:
            self._pair = victim, self.attacker(victim)
        names = ", ".join(f"{key} in the {place}" for place, key in chosen)
        if not {(operation.id, key) for _, key in chosen} & self.known:
            if answers[0] != answers[1]:
                yield f"{names}: a foreign id answers {answers[0]}, an invented one {answers[1]}"
            told = victim.ids - {foreign[place][key] for place, key in chosen} - attacker.ids
            words = words_in(reply, {*self.hidden, *told})
            yield from (f"{names}: the answer tells {word}" for word in words)
        if any(place == "path" for place, _ in chosen) and reply.status != 404:
            yield f"{names}: a foreign id answers {reply.status}, not 404"
        if operation.permission != "public":
            status = send(self.world.anonymous(), operation, foreign).status
            if status != 401:
                yield f"{names}: without a token it answers {status}, not 401"


def _ordinary(operation: Operation, victim: Party, theirs: Request) -> Iterator[Request]:
    """The request with ordinary records, where it needs a special one, e.g. of the trash."""
    ordinary = deepcopy(theirs)
    for place, key in operation.ids:
        ordinary[place][key] = victim.id_of(victim.makers.kind(operation, key))
    if ordinary != theirs:
        yield ordinary


def _aimed(own: Request, chosen: Keys, theirs: Request) -> Request:
    """The attacker's own request, but for the chosen ids."""
    aimed = deepcopy(own)
    for place, key in chosen:
        aimed[place][key] = theirs[place][key]
        if (place, key) == HEADER:
            aimed["body"].pop("workspace_id", None)
            aimed["query"].pop("workspace_id", None)
    return aimed


def _invented(theirs: Request, chosen: Keys) -> Request:
    """The same request with ids of nothing; what was the same id stays the same."""
    invented, ids = deepcopy(theirs), defaultdict[str, str](new_id)
    for place, key in chosen:
        invented[place][key] = ids[theirs[place][key]]
    return invented


def blank(reply: Reply, changed: bool) -> tuple[int, list[str], str]:
    """What an answer tells, ids left out.

    Arguments:
        changed: whether numbers may differ, since something was made or changed.
    """
    shown = ID.sub("<id>", reply.body.decode())
    return reply.status, sorted(reply.headers.keys()), re.sub(r"\d+", "<n>", shown) if changed else shown
