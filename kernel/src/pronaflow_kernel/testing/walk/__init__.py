"""Walks over every operation of a server, generated from its OpenAPI document.

A `Party` makes the requests that the document's operations accept, and the records that their ids need.
`Walk` sends ids that the caller must not know of, `seen` looks for marked words in all that can be read,
`traces` and `taken` for what tells of hidden records without showing them, and `Refusals` sends what no
operation accepts. Each answers with what is wrong, one line a fault.
"""

from __future__ import annotations

from .brought import brought
from .document import Operation, operations
from .identity_makers import mailed_token
from .makers import Makers
from .party import LEFT_OUT, Party, Request, Unsupplied, after, asking, send
from .prying import seen, words_in
from .refusals import Refusals
from .rows import Rows
from .traces import taken, traces
from .walk import Walk

__all__ = [
    "LEFT_OUT",
    "Makers",
    "Operation",
    "Party",
    "Refusals",
    "Request",
    "Rows",
    "Unsupplied",
    "Walk",
    "after",
    "asking",
    "brought",
    "mailed_token",
    "operations",
    "seen",
    "send",
    "taken",
    "traces",
    "words_in",
]
