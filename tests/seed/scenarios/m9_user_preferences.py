"""Preferences: somebody has chosen nothing yet."""

from __future__ import annotations

from pronaflow_kernel.testing import World

from ..case import Case, Effect
from ..sections import Scenario

PATH = "/api/v1/preferences"


def read(world: World) -> Case:
    return Case(world.person("ann"))


def change(world: World) -> Case:
    return Case(world.person("ann"), effect=Effect(PATH))


CASES: Scenario = {f"GET {PATH}": read, f"PATCH {PATH}": change}
