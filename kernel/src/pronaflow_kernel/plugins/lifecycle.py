"""The states of a plugin and what it contributes."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..hookspecs import API_VERSION
from .manifest import Manifest

if TYPE_CHECKING:
    from .base import Plugin
    from .discovery import Candidate

STATES = ("disabled", "incompatible", "blocked", "pending", "ready", "degraded", "failed")
"""All states (architecture.md 4); `degraded` is a ready plugin whose hooks are held back by the breaker."""


@dataclass(slots=True)
class PluginStatus:
    """Where a plugin stands and why.

    Arguments:
        candidate: the installed distribution.
        state: one of `STATES`.
        reason: in words; empty for a ready plugin.
        trace: the traceback of a failure, for system administrators.
    """

    candidate: Candidate
    state: str
    reason: str = ""
    trace: str = ""

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.candidate.id

    @property
    def manifest(self) -> Manifest | None:
        """The manifest, where it could be read."""
        return self.candidate.manifest


@dataclass(slots=True)
class Contribution:
    """What a plugin brings, as plain data: one field for each kind of thing it can bring.

    Each field but `plugin` is the answer to the hook `provide_<field>`; `pronaflow_kernel.testing.kinds` has
    a check for each, that it goes when its plugin is switched off.
    """

    plugin: Plugin
    hookspecs: Any = None
    models: Any = None
    permissions: Sequence[Any] = ()
    resources: Sequence[Any] = ()
    event_types: Sequence[Any] = ()
    subscribers: Sequence[Any] = ()
    jobs: Sequence[Any] = ()
    blueprints: Sequence[Any] = ()
    commands: Sequence[Any] = ()
    health_checks: Sequence[Any] = ()
    services: Mapping[type[Any], Any] = field(default_factory=dict)
    error_format: Any = None


class PluginFault(Exception):
    """A plugin breaks the contract; the message tells its author what to mend."""


def failed(candidate: Candidate, phase: str, error: BaseException) -> PluginStatus:
    """The status of a plugin whose code raised."""
    trace = "".join(traceback.format_exception(error))
    return PluginStatus(candidate, "failed", f"{phase}: {type(error).__name__}: {error}", trace)


def compatibility_fault(manifest: Manifest) -> str | None:
    """Why this kernel's hook API does not fit a manifest; None if it does."""
    fits = _fits(API_VERSION, manifest.api)
    if fits is None:
        return f"`api = {manifest.api!r}` is no version range"
    return None if fits else f"needs hook API {manifest.api}, this kernel has {API_VERSION}"


def requirement_fault(manifest: Manifest, versions: Mapping[str, str]) -> str | None:
    """Which required plugin has a version out of range; None if all fit."""
    for needed, wanted in manifest.requires.items():
        fits = _fits(versions.get(needed), wanted)
        if fits is None:
            return f"`requires.{needed} = {wanted!r}` is no version range"
        if not fits:
            return f"requires {needed} {wanted}, installed is {versions[needed]}"
    return None


def _fits(version: str | None, wanted: object) -> bool | None:
    """Whether a version is in a range; None where the range is none. A missing plugin is told elsewhere."""
    try:
        wanted_range = SpecifierSet(str(wanted))
    except InvalidSpecifier:
        return None
    return version is None or version in wanted_range
