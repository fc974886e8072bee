"""The test kit for plugins: fixtures, people, budgets and the suite that every resource must pass.

Installed with the kernel as a pytest plugin; a plugin's tests import from here and from nothing deeper.
"""

from __future__ import annotations

from ..persistence.autogenerate import drift
from .people import Person, Reply
from .suite import ResourceSuite
from .world import World

__all__ = ["Person", "Reply", "ResourceSuite", "World", "drift"]
