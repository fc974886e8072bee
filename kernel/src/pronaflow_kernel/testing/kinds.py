"""The kinds of things that plugins bring, each with a look at whether they are at work.

A switch must reach all of them. So each field of `Contribution`, and each `provide_*` hook that a plugin
publishes, has a `Kind` here, or `unknown` names it and a test fails. A plugin that publishes such a hook
registers its kind in its tests:

    register(Kind("stamps", lambda place: {stamp: is_shown(place, stamp) for stamp in STAMPS}))

    assert still_there(place) == []      # while it is off
    assert missing(place) == []          # while it is on
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields

from ..plugins.lifecycle import Contribution
from .kinds_at_work import (
    Place,
    commands,
    documented,
    error_format,
    health_checks,
    hooks,
    jobs,
    permissions,
    resources,
    routes,
    services,
    subscribers,
)

__all__ = ["Kind", "Place", "kinds", "looked_at", "missing", "register", "still_there", "unknown"]

AtWork = Callable[[Place], Mapping[str, bool]]
"""From a place to the things of a kind that a plugin brings, by name, and whether each is at work."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of thing that plugins bring.

    Arguments:
        name: of the field of `Contribution`, or what follows on `provide_`.
        at_work: looks at what the plugin brings of it; None where nothing can go.
        stays: why nothing can go; empty where `at_work` looks.
        whole: why a switch for one workspace does not reach it; empty where it does.
    """

    name: str
    at_work: AtWork | None = None
    stays: str = ""
    whole: str = ""

    def __post_init__(self) -> None:
        if (self.at_work is None) != bool(self.stays):
            raise ValueError(f"the kind {self.name} needs a look at its things, or the reason why they stay")

    def looks(self, place: Place) -> Mapping[str, bool]:
        """The things of this kind that the switch reaches, by name, and whether each is at work."""
        if self.at_work is None or (self.whole and not place.everywhere):
            return {}
        return self.at_work(place)


_LOOKED_AT = (
    Kind("blueprints", routes),
    Kind("openapi", documented, whole="the document is one for all, whoever reads it"),
    Kind("hooks", hooks),
    Kind("subscribers", subscribers),
    Kind("jobs", jobs),
    Kind("commands", commands, whole="commands are the operator's, who works for the whole server"),
    Kind("health_checks", health_checks, whole="what is asked is whether the server stands"),
    Kind("services", services),
    Kind("resources", resources),
    Kind("permissions", permissions),
    Kind("error_format", error_format, whole="an error may come before the workspace is known"),
)
_STAYING = (
    Kind("models", stays="a switch loses no data; uninstalling takes the tables away"),
    Kind(
        "event_types",
        stays="the ledger stays readable; only the plugin's code publishes, and it does not run",
    ),
    Kind("hookspecs", stays="only the plugin's own code asks its hooks, and it does not run"),
    Kind("settings", stays="they are read at the start, and only the plugin's own code looks at them"),
)
_KINDS = {kind.name: kind for kind in (*_LOOKED_AT, *_STAYING)}


def register(kind: Kind) -> None:
    """Take a kind; one of the same name is replaced."""
    _KINDS[kind.name] = kind


def kinds() -> list[Kind]:
    """All kinds."""
    return list(_KINDS.values())


def unknown(specs: Iterable[str] = ()) -> list[str]:
    """What plugins can bring and no kind looks at.

    Arguments:
        specs: names of hooks, of which those count that begin with `provide_`.
    """
    named = {each.name for each in fields(Contribution)} - {"plugin"}
    named |= {spec.removeprefix("provide_") for spec in specs if spec.startswith("provide_")}
    return sorted(named - _KINDS.keys())


def still_there(place: Place) -> list[str]:
    """What is at work although the plugin is off, as `kind: name`."""
    return [f"{kind.name}: {name}" for kind in kinds() for name, works in kind.looks(place).items() if works]


def missing(place: Place) -> list[str]:
    """What is not at work although the plugin is on, as `kind: name`."""
    return [
        f"{kind.name}: {name}" for kind in kinds() for name, works in kind.looks(place).items() if not works
    ]


def looked_at(place: Place) -> set[str]:
    """Names of the kinds of which there is something to look at."""
    return {kind.name for kind in kinds() if kind.looks(place)}
