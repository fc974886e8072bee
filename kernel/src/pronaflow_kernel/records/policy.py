"""How long a workspace keeps what is in its trash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

RETENTION = timedelta(days=30)
"""How long a record can be brought back unless a workspace decides otherwise (modules.md 2.3 rule 3, 3.6)."""


@dataclass(frozen=True, slots=True)
class TrashPolicy:
    """What a workspace decides about its trash; a plugin answers it to the hook `pick_trash_policy`.

    Arguments:
        keep: how long a record can be brought back.
        purges: whether it is deleted for good by itself after that.
    """

    keep: timedelta = RETENTION
    purges: bool = True
