"""What the tests of this plugin need besides people in a world."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from pronaflow_kernel.api import Scope
from pronaflow_kernel.identity.leaving.erasure import Erasure
from pronaflow_kernel.identity.parts import Parts
from pronaflow_kernel.testing import Person, World


@pytest.fixture
def erase(world: World) -> Callable[[Person], None]:
    """Forgets somebody, as an operator does."""

    def forget(person: Person) -> None:
        with world.kernel.db.write(Scope.system(), origin="system") as uow:
            Erasure(Parts(world.kernel)).erase(uow, person.id, "operator")
        world.drain()

    return forget


@pytest.fixture
def survive(world: World) -> Callable[[str, type], None]:
    """Lets a process of its own do the jobs, in which SIGKILL comes where a method is called."""

    def kill(method: str, owner: type) -> None:
        def die(*_: Any, **__: Any) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        world.kernel.db.engines.dispose()
        child = os.fork()
        if child == 0:  # it must not come back into the tests, whatever happens
            try:
                setattr(owner, method, die)
                world.drain()
            finally:
                os._exit(0)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), f"it never came to {method}"

    return kill
