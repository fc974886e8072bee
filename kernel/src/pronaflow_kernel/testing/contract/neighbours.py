"""The plugin beside the zoo: whatever is broken around it, it runs and answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

from ..zoo import ANIMALS, settle
from .subject import Subject

EVERY = 8
"""Of so many animals one comes along; they stand in order of what is wrong, so all kinds are there."""


def problems(subject: Subject) -> Iterator[str]:
    """What the plugin cannot do any more where broken plugins are installed too."""
    home = mkdtemp(prefix="zoo-", dir=subject.folder)
    sys.path.insert(0, home)
    try:
        animals = settle(list(ANIMALS.values())[::EVERY], Path(home))
        with subject.fresh(*animals) as world:
            status = world.kernel.plugins[subject.id]
            if status.state != "ready":
                yield f"beside broken plugins it is {status.state}: {status.reason}"
                return
            party = subject.party("zoo", world)
            for operation in subject.operations.values():
                if operation.method == "GET":
                    reply = party.send(operation, party.request(operation.id))
                    if reply.status >= 300 and reply.status != subject.makers.refused.get(operation.id):
                        yield f"beside broken plugins {operation} answers {reply.status} {reply.body[:200]!r}"
    finally:
        sys.path.remove(home)
        for name in [name for name in sys.modules if name.startswith("zoo_")]:
            del sys.modules[name]
