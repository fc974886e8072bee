"""Where a client is: the `id` of an event of the stream.

It is two numbers, since two things are told. The first is a position of the ledger, whose order is that of
the commits (`jobs.relay`). The second is a revision of the reader's notifications, which is given under a
lock that lasts to the commit (`counters.hold`). So of neither something smaller appears behind what a client
has seen.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PATTERN = r"^\d{1,18}-\d{1,18}$"
"""How an id is written."""


class Position(NamedTuple):
    """What a client has seen.

    Arguments:
        event: position of the last event of the ledger that was looked at for it.
        note: revision of the last notification.
    """

    event: int
    note: int

    @classmethod
    def read(cls, text: str) -> Position:
        """What an id says.

        Raises:
            ValueError: it is none of ours.
        """
        if not re.fullmatch(PATTERN, text, re.ASCII):
            raise ValueError("Not an id of this stream, which is like 120-7.")
        event, note = text.split("-")
        return cls(int(event), int(note))

    def __str__(self) -> str:
        return f"{self.event}-{self.note}"


NOWHERE = Position(0, 0)
"""Before everything."""
