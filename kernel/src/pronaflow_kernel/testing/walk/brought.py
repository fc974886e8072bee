"""Makers and requests that plugins bring themselves, in the module `testing` of their packages."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ...plugins.discovery import Candidate


def brought(name: str, candidates: Iterable[Candidate]) -> dict[str, Any]:
    """What the plugins' `<package>.testing` hold under a name; for most of them there is no such module.

    Arguments:
        name: `MAKERS`, makers of records by kind, `REQUESTS`, values by operation id, `REFUSED`, statuses by
            operation id (see `Makers`), `SETTINGS`, with which a `World` starts, by dotted name, or `BESIDE`,
            plugins that the contract suite runs too, for one whose routes are about the records of others,
            to nothing.
        candidates: the plugins that run.
    """
    found: dict[str, Any] = {}
    for candidate in candidates:
        if candidate.fault is None and find_spec(f"{candidate.package}.testing") is not None:
            found |= getattr(import_module(f"{candidate.package}.testing"), name, {})
    return found
