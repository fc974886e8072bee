"""The status machine of a change request (modules.md 3.2)."""

from __future__ import annotations

from collections.abc import Mapping

from pronaflow_kernel.api import Conflict, InvalidRequest, Row

STATUSES = ("draft", "pending", "approved", "rejected", "implemented", "cancelled")

MOVES: Mapping[str, frozenset[str]] = {
    "draft": frozenset({"pending", "cancelled"}),
    "pending": frozenset({"approved", "rejected", "cancelled"}),
    "approved": frozenset({"implemented"}),
    "rejected": frozenset(),
    "implemented": frozenset(),
    "cancelled": frozenset(),
}

OPEN = frozenset({"draft", "pending"})
"""Statuses in which what is asked for may still be worded anew."""


def check_move(request: Row, wanted: str) -> None:
    """Refuse a move that the machine does not have.

    Raises:
        InvalidRequest: as said; `details.allowed` lists those it has.
    """
    if wanted not in MOVES[request["status"]]:
        raise InvalidRequest(
            f"A change request cannot go from {request['status']} to {wanted}",
            details={
                "field": "status",
                "from": request["status"],
                "allowed": sorted(MOVES[request["status"]]),
            },
        )


def check_open(request: Row) -> None:
    """Refuse to change the words of a request that was decided on.

    Raises:
        Conflict: it was; `details.status` tells how.
    """
    if request["status"] not in OPEN:
        raise Conflict(f"The change request is {request['status']}", details={"status": request["status"]})
