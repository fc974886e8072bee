"""What can come of an outgoing request instead of an answer.

The words of all of these may be shown to whoever named the address: they tell nothing of the network that
the server stands in. What an operator needs to know stands in the log.
"""

from __future__ import annotations


class EgressError(Exception):
    """Base of what `ctx.http` raises."""


class EgressRefused(EgressError):
    """The request was not sent, and trying again would not help: a rule forbids it."""


class BlockedAddress(EgressRefused):
    """The host is in a network that outgoing requests must not reach."""


class EgressFailed(EgressError):
    """There was no answer: no such host, no connection, no valid certificate, no HTTP."""


class EgressTimeout(EgressFailed):
    """There was no whole answer in time."""
