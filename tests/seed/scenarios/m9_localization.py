"""Languages: there is nothing to know about it."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case
from ..sections import Scenario


def read(world: World) -> Case:
    return Case(world.person("ann"))


CASES: Scenario = {"GET /api/v1/preferences/languages": read}
