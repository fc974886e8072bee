"""The test kit for plugins: fixtures, people, budgets and the suite that every resource must pass.

Installed with the kernel as a pytest plugin; a plugin's tests import from here and from nothing deeper.
"""

from __future__ import annotations

from ..clock import FixedClock
from ..persistence.autogenerate import drift
from . import kinds
from .doubles import Double
from .emitted import Emitted
from .patches import PatchSuite
from .people import Person, Reply
from .sink import WebhookSink
from .suite import ResourceSuite
from .walk import LEFT_OUT, Party, Unsupplied, after, mailed_token
from .world import World

__all__ = [
    "LEFT_OUT",
    "Double",
    "Emitted",
    "FixedClock",
    "Party",
    "PatchSuite",
    "Person",
    "Reply",
    "ResourceSuite",
    "Unsupplied",
    "WebhookSink",
    "World",
    "after",
    "drift",
    "kinds",
    "mailed_token",
]
