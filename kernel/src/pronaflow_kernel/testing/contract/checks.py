"""All checks, in the order in which a plugin's author wants to hear of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..walk import Unsupplied
from . import (
    budgets,
    imports,
    input,
    isolation,
    manifest,
    migrations,
    neighbours,
    personal_data,
    routes,
    side_effects,
    signatures,
    switching,
    watching,
)
from .subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the contract.

    Arguments:
        name: of the test; summary: what holds of a plugin that passes.
        find: from the subject to its problems.
        server: whether it needs the plugin to run.
        each: whether it may come out differently on each kind of database.
    """

    name: str
    summary: str
    find: Callable[[Subject], Iterable[str]]
    server: bool = True
    each: bool = True

    def problems(self, subject: Subject) -> list[str]:
        """What is wrong, one sentence a problem; empty where the plugin keeps this part of the contract."""
        if self.server and subject.trouble is not None:
            return [f"{subject.id} does not run, so this cannot be checked: {subject.trouble}"]
        try:
            return list(self.find(subject))
        except Unsupplied as error:
            return [str(error)]


CHECKS: tuple[Check, ...] = (
    Check("manifest", "plugin.toml is true", manifest.problems, server=False, each=False),
    Check("imports", "it imports public names only", imports.problems, server=False, each=False),
    Check("side_effects", "importing it does nothing", side_effects.problems, server=False, each=False),
    Check("signatures", "hook implementations are as their specifications", signatures.problems, each=False),
    Check("routes", "every route is documented and answers in the envelope", routes.problems),
    Check("input", "bad input is refused in words and changes nothing", input.problems),
    Check("isolation", "no tenant can tell another one's records from nothing", isolation.between_tenants),
    Check("containers", "who is not in a container sees nothing of it", isolation.in_containers, each=False),
    Check("budgets", "a read costs as many statements with forty rows as with one", budgets.problems),
    Check("watching", "it opens no connection, process or thread by itself", watching.problems, each=False),
    Check("switching", "switched off it leaves no trace, and it comes back as it was", switching.problems),
    Check("migrations", "its migrations go up, down and up, to its models", migrations.there_and_back),
    Check("uninstall", "after it is uninstalled nothing of it is left", migrations.uninstalled),
    Check("neighbours", "it answers beside plugins that are broken", neighbours.problems, each=False),
    Check("personal_data", "what it holds of people is exported and erased", personal_data.problems),
)
"""Every check there is."""
