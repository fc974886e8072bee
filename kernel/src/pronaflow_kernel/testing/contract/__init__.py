"""The contract suite: what every plugin owes its server, its neighbours and the people whose data it holds.

    pytest --pronaflow-contract tasks

Each check takes a `Subject`, the plugin with a server of its own, and answers with problems: sentences that
name file, route or table and what to do. `CHECKS` lists them; the pytest layer makes one test of each.
"""

from __future__ import annotations

from .checks import CHECKS, Check
from .subject import Subject, UnknownPlugin

__all__ = ["CHECKS", "Check", "Subject", "UnknownPlugin"]
